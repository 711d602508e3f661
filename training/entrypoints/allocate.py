"""Allocate: who of a campaign's audience gets which letter, who gets none, and the parts to send."""

from __future__ import annotations

from campaigns import plans
from campaigns.allocate import allocate
from training.layout import Layout
from training.progress import say


def run(layout: Layout) -> None:
    """The processing job. Allocating again gives the same files."""
    plan = plans.read(layout.received("plan"))
    members = layout.received("members")
    allocate(plan, members, layout.produced("allocation"), layout.produced("parts"), say=say)
