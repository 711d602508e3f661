"""Measure: one look at a campaign's effect, by what customers did until then."""

from __future__ import annotations

import os

from campaigns.errors import CampaignError
from campaigns.measure import job
from training.layout import Layout

LOOK = "SHOPKEEPER_LOOK"


def run(layout: Layout) -> None:
    """The processing job: the look that `SHOPKEEPER_LOOK` counts, from 1."""
    look = os.environ.get(LOOK, "")
    if not look.isdigit():
        raise CampaignError(f"{LOOK} is {look!r}; set it to the number of the look, from 1")
    job.run(layout.received("plan"), layout.received("allocation"), int(look), layout.produced("look"))
