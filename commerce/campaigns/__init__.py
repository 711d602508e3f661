"""The words of campaigns: whom to write to, which letter, with which offer, and whether it helped.

`campaign` (what a marketer decides), `lifecycle` (what becomes of it), `profile` and `condition` (what may be asked of
a customer), `template` and `variables` (what a letter says), `offer`, `ledger` (who got what), `places` (where a run
keeps its files), `plan`, `audience` and `result` (what the steps of the workflow hand on), `shop` (who sends).
"""
