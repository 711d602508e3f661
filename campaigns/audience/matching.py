"""For whom of the known customers the condition holds. Only what it asks for is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from campaigns import traits
from campaigns.audience.scores import Scores
from campaigns.batches import batches
from campaigns.errors import CampaignError
from campaigns.orders import Source
from campaigns.profile import CUSTOMER, TRAITS, column, profile
from commerce.campaigns.condition import parse, vocabulary
from commerce.conditions import Condition, ConditionError

BATCH = 20_000
"""Customers held in memory at once."""


@dataclass(slots=True)
class Matches:
    """How the condition turned out. `ids` are the customers for whom it holds."""

    known: int
    unsure: int
    ids: pa.ChunkedArray


def condition(text: str) -> Condition:
    """The campaign's condition; CampaignError says what is wrong with it."""
    try:
        return parse(text)
    except ConditionError as error:
        raise CampaignError(f"the audience's condition is not valid: {error}") from error


def asked_scores(asked: Condition) -> dict[str, list[str]]:
    """Family → fields that the condition asks for, in the order of first mention."""
    found: dict[str, list[str]] = {}
    for name in asked.names:
        root, *below = name.split(".")
        if root == "scores" and below:
            found.setdefault(below[0], []).extend(below[1:])
    return found


def matching(asked: Condition, source: Source, scores: Scores, as_of: date, say: Callable[[str], None]) -> Matches:
    """Evaluate `asked` for every customer known before `as_of`."""
    wanted = {TRAITS if n.startswith("customer.traits") else column(n) for n in asked.names}
    rows = profile(source, as_of, wanted)
    for family in asked_scores(asked):
        if family in scores.families:
            rows = rows.left_join(scores.fields(family), CUSTOMER).drop(f"{CUSTOMER}_right")
    found = Matches(0, 0, pa.chunked_array([], pa.string()))
    kept = []
    for batch in batches(rows, BATCH):
        answers = [asked.holds(values) for values in profiles(batch)]
        found.known += len(answers)
        found.unsure += answers.count(None)
        kept.append(batch.column(CUSTOMER).filter(pa.array([a is True for a in answers])))
        say(f"condition evaluated for {found.known:,} customers")
    found.ids = pa.chunked_array(kept, pa.string())
    return found


def profiles(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Each row as what a condition is asked of: nested, what is not known left out, every group there."""
    groups: dict[str, dict[str, list[Any]]] = {root: {} for root in vocabulary()}
    for name in batch.schema.names:
        root, below, field = name.partition("__")
        if name != CUSTOMER:
            groups[root if below else "scores"][field or name] = batch.column(name).to_pylist()
    for row in range(len(batch)):
        values = {
            root: {name: value for name, held in columns.items() if (value := held[row]) is not None}
            for root, columns in groups.items()
        }
        values["customer"]["traits"] = traits.plain(traits.parsed(values["customer"].get("traits")))
        values["scores"] = {family: traits.plain(answer) for family, answer in values["scores"].items()}
        yield values
