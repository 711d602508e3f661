"""Who gets which letter and who gets none, at random within strata.

`strata` (who is alike), `lots` (the drawing, with exact counts), `step` (all of it, and the files that it leaves).
"""

from campaigns.allocate.step import allocate

__all__ = ["allocate"]
