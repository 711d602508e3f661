"""Campaigns over the lake: who is meant, who gets which letter, and whether it helped.

`profile` (what is known of a customer), `audience` (who is meant and can be written to), `allocate` (letters and
holdout at random), `measure` (the effect). Each step reads `plan.json` and leaves files for the next; the method is in
README.md.
"""
