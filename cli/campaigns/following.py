"""Waiting for what the workflow does with a campaign, with a display of how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from cli.api import campaigns
from cli.console import fail, progress
from cli.environment import Environment
from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.campaign import HOLDOUT
from commerce.campaigns.lifecycle import Campaign

POLL_SECONDS = 1.0
PREVIEW_SECONDS = 3600
"""A job waits for a machine in AWS, and reads the whole lake."""
RUNNING = ("sending", "measuring")


def preview(environment: Environment, id_: str) -> AudienceFacts:
    """Ask for a preview and wait for it. Leaves where it failed."""
    campaigns.act(environment, id_, "preview")
    ends = time.monotonic() + PREVIEW_SECONDS
    with progress() as bar:
        bar.add_task(f"preview of {id_}: reading the lake", total=None)
        while True:
            campaign = campaigns.shown(environment, id_)
            if campaign.preview is not None:
                return campaign.preview
            if campaign.reason:
                fail(campaign.reason)
            if time.monotonic() > ends:
                fail(f"still no preview; `shopkeeper campaigns show {id_}` says when it is there")
            time.sleep(POLL_SECONDS)


def follow(environment: Environment, id_: str, until: Callable[[Campaign], bool] | None = None) -> Campaign:
    """Show letters and looks as they come, until the campaign is neither being sent nor measured (or `until` holds)."""
    with progress() as bar:
        task = bar.add_task(id_, total=None)
        while True:
            campaign = campaigns.shown(environment, id_)
            description, completed, total = stage(campaign)
            bar.update(task, description=description, completed=completed, total=total)
            if campaign.status not in RUNNING or (until is not None and until(campaign)):
                return campaign
            time.sleep(POLL_SECONDS)


def stage(campaign: Campaign) -> tuple[str, int, int | None]:
    """What is being done in words, how much of it is done, and of how much; None where that is not known yet."""
    if campaign.status == "measuring":
        looks = campaign.definition.looks
        return f"{campaign.id}: look {min(campaign.looks_done + 1, looks)} of {looks}", campaign.looks_done, looks
    if campaign.audience is None:
        return f"{campaign.id}: finding the audience", 0, None
    total = letters(campaign.audience)
    sent = campaign.delivery
    if sent is None:
        return f"{campaign.id}: sending {total:,} letters", 0, None
    done = sent.sent + sent.failed + sum(sent.skipped.values())
    return f"{campaign.id}: {done:,} of {total:,} letters, {sent.parts_done} of {sent.parts} parts", done, total


def letters(facts: AudienceFacts) -> int:
    """How many were allocated to a letter."""
    return sum(count for arm, count in facts.arms.items() if arm != HOLDOUT)
