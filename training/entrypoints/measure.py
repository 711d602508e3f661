"""Measure: one look at a campaign's effect, by the customers' own orders until now."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from campaigns import plans
from campaigns.errors import CampaignError
from campaigns.measure import measure
from lake import Lake
from lake.curate import curate
from training.layout import Layout
from training.progress import say

LOOK = "SHOPKEEPER_LOOK"


def run(layout: Layout) -> None:
    """The processing job: the look that `SHOPKEEPER_LOOK` counts, from 1."""
    plan = plans.read(layout.received("plan"))
    look = os.environ.get(LOOK, "")
    if not look.isdigit() or not 1 <= int(look) <= len(plan.looks):
        raise CampaignError(f"{LOOK} is {look!r}; it counts the looks of the plan, 1 to {len(plan.looks)}")
    lake = Lake.open(plan.lake)
    say("curating new events")
    curate(lake, plan.raw)
    allocation, folder = layout.received("allocation"), layout.produced("look")
    measure(plan, lake, allocation, folder, look=int(look), now=datetime.now(UTC), say=say)
