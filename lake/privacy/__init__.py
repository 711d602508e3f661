"""Everything held about one customer, wherever it is: to erase it, or to tell it.

`subject` (who is meant, and how to recognise them), `files` (what a file of any format holds of them, and the file
without it), `bucket` (objects and their old versions), `places`, `gather` (what else the customer goes by), `counted`
(what is counted of their events), `erase`, `export`. What is and is not erased is told in README.md.
"""
