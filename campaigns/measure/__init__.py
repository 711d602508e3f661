"""Whether the letters helped: the effect against the holdout, as allocated, and what could be shown before the start.

`detectable` (before), `job.run` (one look at the effect, all of it), `estimate` (adjusted means), `boundaries` (looking
more than once), `outcomes` and `interactions` (what the lake says), `verdict` and `page` (telling it). README.md has
the method with its sources.
"""

from campaigns.measure.power import detectable

__all__ = ["detectable"]
