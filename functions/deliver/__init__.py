"""Sends the letters of one part of a campaign, each at most once, whatever fails or is repeated.

`handler` → `logic` (a pass over the part) → `storage` (what it reads and writes), joined by `ports`. The decisions are
pure, one module each: `doubt` (what a letter that is in the ledger already needs), `skipping` (who gets none, or not
yet), `quiet_hours`, `rate` (the account's token bucket), `coupons`, `claims` (what a claim's transaction holds), `mail`
(what an answer of the mail service means).
"""
