"""Audience: who is meant by a campaign's condition, who of them can be written to, and a sample of them."""

from __future__ import annotations

from datetime import UTC, datetime

from campaigns import plans
from campaigns.audience import audience
from lake import Lake
from lake.curate import curate
from training.layout import Layout
from training.progress import say


def run(layout: Layout) -> None:
    """The processing job. What the mail service and customers said until now is taken in first."""
    plan = plans.read(layout.received("plan"))
    lake = Lake.open(plan.lake)
    say("curating new events")
    curate(lake, plan.raw)
    audience(plan, lake, layout.produced("audience"), layout.produced("members"), now=datetime.now(UTC), say=say)
