"""`shopkeeper campaigns`: from whom to write to, over sending, to what it did.

`commands` (the verbs), `following` (waiting for the workflow), `showing` (a campaign on the terminal), `measured` (its
effect on the terminal).
"""
