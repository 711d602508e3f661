"""`shopkeeper demo`: a real grocer's year through the whole loop, on this machine.

`command` (the verb), `churn` (load, audit, train, score), `contacts` (addresses that the data lacks, made up),
`winback` (the campaign), `response` (what households are said to do with a letter), `replies` (the same, brought into
the lake and the outbox).
"""
