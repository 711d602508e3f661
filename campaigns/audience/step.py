"""The audience step: `audience.json`, `members.parquet`, and a sample of members to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import get_args

from campaigns import members
from campaigns.audience.details import details
from campaigns.audience.matching import Matches, asked_scores, condition, matching
from campaigns.audience.scores import Scores, fetched
from campaigns.audience.writing import MemberFile
from campaigns.batches import batches
from campaigns.measure import detectable
from campaigns.orders import utc
from commerce.campaigns.audience import AudienceFacts, Detectable
from commerce.campaigns.campaign import CampaignDefinition
from commerce.campaigns.places import AUDIENCE, MEMBERS, SAMPLE
from commerce.campaigns.plan import CampaignPlan
from commerce.conditions import Condition
from lake import Lake


def audience(
    plan: CampaignPlan,
    lake: Lake,
    folder: Path,
    members_folder: Path,
    *,
    now: datetime,
    say: Callable[[str], None] = lambda _line: None,
) -> AudienceFacts:
    """Find the audience of `plan` in `lake`, which DuckDB must answer for. CampaignError says what to put right.

    `folder` gets `audience.json`; `members_folder`, which is personal, gets `members.parquet`, `sample.jsonl` and, for
    the allocate step, `audience.json` again. Both exist. `now` is when letters would be sent: who may be written to is
    asked of then.
    """
    asked = condition(plan.definition.audience)
    with (
        fetched(lake, plan.scores) as scores,
        MemberFile(members_folder / MEMBERS, scores.families, plan.seed) as written,
    ):
        found = matching(asked, lake, scores, plan.as_of, say)
        rows = details(plan, lake, scores, asked, found.ids, utc(now))
        for batch in batches(rows, members.BATCH):
            written.take(batch.to_pylist())
            say(f"{written.eligible:,} of those meant can be written to so far")
    facts = AudienceFacts(
        as_of=plan.as_of,
        known=found.known,
        matching=len(found.ids),
        unsure=found.unsure,
        eligible=written.eligible,
        left_out=dict(written.left_out),
        detectable=_detectable(plan.definition, written),
        sample=[row["customer_id"] for row in written.sample],
        notes=_notes(asked, scores, found, written),
    )
    arm = plan.definition.arms[0].name
    lines = [members.member(row, arm).model_dump_json() + "\n" for row in written.sample]
    (members_folder / SAMPLE).write_text("".join(lines))
    for place in (folder, members_folder):
        (place / AUDIENCE).write_text(facts.model_dump_json(indent=2))
    say(f"{facts.known:,} known, {facts.matching:,} meant, {facts.eligible:,} can be written to")
    return facts


def _detectable(definition: CampaignDefinition, written: MemberFile) -> list[Detectable]:
    """By both metrics, the campaign's own first; none where the past says nothing."""
    last, earlier = written.spending
    metrics = sorted(get_args(CampaignDefinition.model_fields["metric"].annotation), key=definition.metric.__ne__)
    found = [detectable(last, earlier, holdout=definition.holdout, metric=metric) for metric in metrics]
    return [effect for effect in found if effect is not None]


def _notes(asked: Condition, scores: Scores, found: Matches, written: MemberFile) -> list[str]:
    """What a person should know beside the numbers."""
    notes = [
        f"the condition asks for scores of {family}, which has no released model: it holds for nobody by them"
        for family in asked_scores(asked)
        if family not in scores.families
    ]
    if not found.known:
        notes.append("the lake knows no customer before this day")
    elif found.unsure == found.known:
        notes.append("a value that the condition asks for is known of nobody; look for a misspelt trait")
    if shared := written.left_out["shared_address"]:
        notes.append(f"{shared:,} share an address with another customer, who gets the letter")
    return notes
