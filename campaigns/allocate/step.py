"""The allocate step: `assignment.parquet`, the parts to send with their manifest, and the counts of the arms."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from campaigns import members
from campaigns.allocate.lots import draw, totals
from campaigns.allocate.strata import strata
from campaigns.errors import CampaignError
from commerce.campaigns.audience import AudienceFacts, Member, Part
from commerce.campaigns.campaign import HOLDOUT, CampaignDefinition
from commerce.campaigns.places import ALLOCATED, ASSIGNMENT, AUDIENCE, MANIFEST, RunPlaces
from commerce.campaigns.plan import CampaignPlan

EXPECTED = 10
"""Customers that a stratum is large enough to give to the smallest arm."""


def allocate(
    plan: CampaignPlan,
    members_folder: Path,
    folder: Path,
    parts_folder: Path,
    *,
    say: Callable[[str], None] = lambda _line: None,
) -> AudienceFacts:
    """Allocate the members that the audience step left in `members_folder`. CampaignError says what to put right.

    `folder` gets `allocated.json` (the audience's counts with the arms'), `assignment.parquet` (customer_id, arm,
    stratum, pre_spend, score) and `manifest.json`; `parts_folder`, which is personal, gets the parts: who
    gets a letter. Doing it again gives the same files.
    """
    facts = _facts(members_folder)
    table = members.columns(members_folder, ["customer_id", "pre_spend", "score", "spend_365d"])
    shares = _shares(plan.definition)
    names = list(shares)
    numbers = _strata(table, smallest=math.ceil(EXPECTED / min(shares.values())))
    wanted = totals(table.num_rows, shares)
    arms = draw(table.column("customer_id").to_pylist(), numbers, wanted, plan.seed)
    say(f"{table.num_rows:,} customers in {len(np.unique(numbers)):,} strata")
    _write_assignment(folder / ASSIGNMENT, table, pa.DictionaryArray.from_arrays(arms, names), numbers)
    treated = (
        members.member(row, names[arm])
        for row, arm in zip(members.rows(members_folder), arms, strict=True)
        if names[arm] != HOLDOUT
    )
    manifest = list(_write_parts(plan, parts_folder, treated))
    (folder / MANIFEST).write_text(json.dumps([part.model_dump() for part in manifest], indent=1))
    allocated = facts.model_copy(update={"arms": wanted, "notes": [*facts.notes, *_notes(wanted)]})
    (folder / ALLOCATED).write_text(allocated.model_dump_json(indent=2))
    say(f"{len(manifest):,} parts; " + ", ".join(f"{arm} {count:,}" for arm, count in wanted.items()))
    return allocated


def _facts(folder: Path) -> AudienceFacts:
    path = folder / AUDIENCE
    if not path.is_file():
        raise CampaignError(f"{path} is missing: give the job what the audience step wrote")
    return AudienceFacts.model_validate_json(path.read_bytes())


def _shares(definition: CampaignDefinition) -> dict[str, float]:
    """Arm → share of the audience, the holdout first."""
    weights = sum(arm.weight for arm in definition.arms)
    letters = 1 - definition.holdout
    return {HOLDOUT: definition.holdout} | {arm.name: letters * arm.weight / weights for arm in definition.arms}


def _strata(table: pa.Table, smallest: int) -> np.ndarray:
    """By the score that the condition asked for first and the year's spending, which is the customer's value; where it
    asked for none, by the year's spending and the latest."""
    score, year, pre = (table.column(name).to_numpy() for name in ("score", "spend_365d", "pre_spend"))
    return strata(year, pre, smallest) if np.isnan(score).all() else strata(score, year, smallest)


def _write_assignment(path: Path, table: pa.Table, arms: pa.DictionaryArray, numbers: np.ndarray) -> None:
    columns = {
        "customer_id": table.column("customer_id"),
        "arm": arms.cast(pa.string()),
        "stratum": pa.array(numbers, pa.int32()),
        "pre_spend": table.column("pre_spend"),
        "score": table.column("score"),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def _write_parts(plan: CampaignPlan, folder: Path, treated: Iterator[Member]) -> Iterator[Part]:
    letters = RunPlaces(plan.campaign_id, plan.run).letters
    for number, part in enumerate(itertools.batched(treated, plan.part_rows), start=1):
        name = f"part-{number:05d}.jsonl"
        (folder / name).write_text("".join(member.model_dump_json() + "\n" for member in part))
        yield Part(number=number, key=f"{letters}/parts/{name}", rows=len(part))


def _notes(arms: dict[str, int]) -> list[str]:
    few = [arm for arm, count in arms.items() if count < 2]
    return [f"too few customers to measure an effect: {', '.join(few)} has fewer than two"] if few else []
