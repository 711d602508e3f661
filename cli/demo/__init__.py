"""`shopkeeper demo`: a real grocer's year through the whole loop, on this machine.

`command` (the verb), `learning` (a family through the workflow), `churn` (load, audit, train, score), `recommendations`
(train, ask what a household should see), `household` (which one), `contacts` (addresses that the data lacks, made up),
`winback` (the campaign), `response` (what households are said to do with a letter), `replies` (the same, brought into
the lake and the outbox), `payments` (of another shop, simulated), `handbook` (those of a public data set, where it is
there), `fraud` (a week of decisions on them).
"""
