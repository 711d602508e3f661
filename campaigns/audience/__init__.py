"""Who is meant by a campaign, and who of them can be written to.

`matching` (for whom the condition holds), `scores` (the live versions' answers), `reach` (address, consent,
suppression), `step` (all of it, and the files that it leaves).
"""

from campaigns.audience.step import audience

__all__ = ["audience"]
