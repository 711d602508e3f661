"""One look at a campaign's effect: new events into the lake, what customers did, the result and its page.

Every look computes the looks before it again from the data, so that nothing has to be remembered between them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pyarrow.parquet as pq

from campaigns import plans
from campaigns.errors import CampaignError
from campaigns.measure import page
from campaigns.measure.effects import ALL, Customers, Measured, measure
from campaigns.measure.interactions import interactions
from campaigns.measure.outcomes import PRE_DAYS, covariates, currencies, outcomes
from campaigns.measure.power import needed
from campaigns.measure.ratio import sample_ratio
from campaigns.measure.verdict import verdict
from campaigns.orders import Source, utc
from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.places import ALLOCATED, ASSIGNMENT, PAGE, RESULT
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.result import CampaignResult, Effect, Metric, SampleRatio
from lake import Lake
from lake.curate import curate
from lake.keeping import keep


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who was allocated what: one row per customer (n,), and what was known when that was done."""

    customer_id: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray
    facts: AudienceFacts

    @classmethod
    def read(cls, folder: Path) -> Assignment:
        """From the allocation step's folder; CampaignError where a file or column is missing."""
        table, counts = folder / ASSIGNMENT, folder / ALLOCATED
        for file in (table, counts):
            if not file.is_file():
                raise CampaignError(f"{file} is missing: give the job the run's own allocation")
        rows = pq.read_table(table)
        if absent := {"customer_id", "arm", "stratum"} - set(rows.column_names):
            raise CampaignError(f"{table} lacks {', '.join(sorted(absent))}")
        customer_id, arm, stratum = (
            np.array([str(value) for value in rows.column(name).to_pylist()], dtype=object)
            for name in ("customer_id", "arm", "stratum")
        )
        return cls(customer_id, arm, stratum, AudienceFacts.model_validate_json(counts.read_bytes()))


def run(plan_folder: Path, allocation_folder: Path, look: int, out: Path) -> CampaignResult:
    """The processing job: writes `result.json` and `result.html` to `out`."""
    plan = plans.read(plan_folder)
    lake = Lake.open(plan.lake)
    if plan.raw:
        curate(lake, plan.raw)
    assignment = Assignment.read(allocation_folder)
    result = result_of(plan, look, lake, assignment, datetime.now(UTC))
    out.mkdir(parents=True, exist_ok=True)
    (out / RESULT).write_text(result.model_dump_json(indent=2))
    (out / PAGE).write_text(page.render(result, plan.looks, assignment.facts.detectable))
    return result


def result_of(
    plan: CampaignPlan, look: int, lake: Lake, assignment: Assignment, measured_at: datetime
) -> CampaignResult:
    """Look `look` (from 1) at the campaign of `plan`."""
    if not 1 <= look <= len(plan.looks):
        raise CampaignError(f"there is no look {look}; the campaign has {len(plan.looks)}")
    looks = [min(moment, plan.window_ends) for moment in plan.looks[:look]]
    metric = plan.definition.metric
    since = plan.as_of - timedelta(days=max(PRE_DAYS, plan.definition.attribution_days))
    held = _Held(lake, since, looks[-1].date())
    found = _measured(plan, held, assignment, looks)
    first = next((measured for measured in found if measured.metric == metric and measured.arm == ALL), None)
    ratio = sample_ratio(assignment.facts.arms, Counter(assignment.arm.tolist()))
    effects = [measured.effect() for measured in found]
    used = currencies(held, utc(plan.window_starts), utc(looks[-1]))
    lacking = _needed(first)
    currency = used[0] if len(used) == 1 else None
    window = (plan.window_starts, plan.window_ends)
    return CampaignResult(
        campaign_id=plan.campaign_id,
        run=plan.run,
        name=plan.definition.name,
        metric=metric,
        as_of=plan.as_of,
        window_starts=plan.window_starts,
        window_ends=plan.window_ends,
        look=look,
        looks=len(plan.looks),
        measured_at=measured_at,
        final=look == len(plan.looks),
        currency=currency,
        verdict=verdict(
            effects[0] if first else None,
            trusted=ratio.ok,
            needed=lacking,
            currency=currency,
            window=window,
            at=looks[-1],
        ),
        effects=effects,
        sample_ratio=ratio,
        interactions=interactions(lake, plan.campaign_id, assignment.customer_id, assignment.arm),
        history=first.history(looks) if first else [],
        needed=lacking,
        notes=_notes(effects, first, ratio, assignment, used, looks),
    )


class _Held:
    """The lake's tables between two days, each read once: every look asks for them again."""

    def __init__(self, lake: Lake, since: date, until: date) -> None:
        self._lake, self._since, self._until = lake, since, until
        self._kept: dict[str, ibis.Table] = {}

    def table(self, name: str) -> ibis.Table:
        if name not in self._kept:
            found = self._lake.table(name, since=self._since, until=self._until)
            self._kept[name] = keep(found)
        return self._kept[name]


def _measured(plan: CampaignPlan, source: Source, assignment: Assignment, looks: list[datetime]) -> list[Measured]:
    """Every effect, the verdict's metric first."""
    if not len(assignment.customer_id):
        return []
    known = covariates(source, assignment.customer_id, plan.as_of, plan.definition.attribution_days)
    did = outcomes(source, assignment.customer_id, utc(plan.window_starts), [utc(moment) for moment in looks])
    length = (plan.window_ends - plan.window_starts).total_seconds()
    shares = np.array([(moment - plan.window_starts).total_seconds() / length for moment in looks])
    order: list[Metric] = sorted(did, key=lambda metric: metric != plan.definition.metric)
    customers = Customers(assignment.arm, assignment.stratum, known)
    return measure(customers, {metric: did[metric] for metric in order}, shares)


def _needed(first: Measured | None) -> int | None:
    if first is None or first.estimate.error[-1] == 0:
        return None
    found = first.estimate
    return needed(float(found.error[-1]), float(found.holdout_mean[-1]), found.treated + found.held_out)


def _notes(
    effects: list[Effect],
    first: Measured | None,
    ratio: SampleRatio,
    assignment: Assignment,
    used: list[str],
    looks: list[datetime],
) -> list[str]:
    notes = ["Compared as allocated: customers whose letter was skipped, bounced or never opened count with their arm."]
    gone = sum(assignment.facts.arms.values()) - len(assignment.customer_id)
    if gone > 0:
        were = "customer was" if gone == 1 else "customers were"
        notes.append(f"{gone:,} {were} erased since the allocation and left out.")
    if not ratio.ok:
        notes.append("The arms lost customers unequally (sample ratio): find out why before any figure here is used.")
    if len({effect.arm for effect in effects}) > 1:
        notes.append("Letters are judged one by one at a stricter level, so that several of them find no more by luck.")
    if len(effects) > 1:
        notes.append("The verdict is about one metric; the other is shown beside it and not corrected for.")
    if len(used) > 1:
        notes.append(f"Orders were in {', '.join(used)} and were added as they are; compare conversion instead.")
    if first is not None:
        shown = [p.number for p in first.history(looks)[:-1] if not p.low <= 0 <= p.high]
        if shown and not effects[0].significant:
            listed = ", ".join(str(number) for number in shown)
            notes.append(f"An effect was shown at look {listed}, on the days until then; it is not at this one.")
    return notes
