"""Logins and sessions of our own simulators: simulated data, with stated assumptions (`lake/simulators`).

Nobody publishes a shop's logins with what they were. So this says what the families find of what the simulators hide,
and no more. Recall where one in a thousand good events is stopped, beside the spec's rules alone: their false positives
are what they are, so they are given their own, and ours is measured at that rate too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from benchmarks.harness import Result
from commerce.assessments.parameters import AssessmentParameters
from commerce.rules.ruling import Rules
from commerce.rules.vocabulary import vocabulary
from lake.schema import arrow_schema
from lake.simulators.entering import LoginAssumptions
from lake.simulators.logins import logins
from lake.simulators.people import PeopleAssumptions
from lake.simulators.sessions import SessionAssumptions, sessions
from lake.simulators.simulated import Simulated
from training import frames
from training.access import FAMILY_MODEL as ACCESS
from training.assessing.family import AssessingFamily
from training.assessing.metrics import recall_at_false_positives
from training.bots import FAMILY_MODEL as BOTS
from training.contract import ENTITY, LABEL
from training.metrics import average_precision, roc_auc

START = date(2025, 1, 1)
DAYS = 45
LOGGING_IN = 12_000
"""Customers, so that one in a thousand good logins of a week is more than a handful."""
RATE = 0.001
SIMULATORS: dict[str, tuple[AssessingFamily, Callable[[int], Simulated]]] = {
    "access": (
        ACCESS,
        lambda seed: logins(
            LoginAssumptions(people=PeopleAssumptions(customers=LOGGING_IN)), days=DAYS, seed=seed, start=START
        ),
    ),
    "bots": (BOTS, lambda seed: sessions(SessionAssumptions(), days=DAYS, seed=seed, start=START)),
}


class SimulatedTables:
    """A source of the simulated tables; any other is empty."""

    def __init__(self, tables: dict[str, pa.Table]) -> None:
        self.tables = tables

    def table(self, name: str) -> ibis.Table:
        """In the lake's form: times in UTC without a zone."""
        rows = self.tables.get(name, arrow_schema(name).empty_table())
        plain = [pa.field(f.name, pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in rows.schema]
        return ibis.memtable(rows.cast(pa.schema(plain)))


def measure(seed: int) -> Result:
    """Recall at one false positive in a thousand, by family, and of the rules at theirs."""
    figures: dict[str, float | int | None] = {}
    floor: dict[str, float] = {}
    notes = [
        "access, bots: simulated data, whose assumptions lake/simulators states; judged by the truth, not by labels"
    ]
    for name, (family, simulate) in SIMULATORS.items():
        made = simulate(seed)
        own, rules, note = _judged(family, made, seed)
        figures |= {f"{name}.{k}": v for k, v in own.items()}
        floor |= {f"{name}.{k}": v for k, v in rules.items()}
        notes.append(f"{name}: {note}")
    return Result(figures, {"rules": floor}, {}, notes)


def _judged(family: AssessingFamily, made: Simulated, seed: int) -> tuple[dict[str, float], dict[str, float], str]:
    source = SimulatedTables(dict(made.tables))
    parameters = family.parameters({})
    assert isinstance(parameters, AssessmentParameters)
    as_of = START + timedelta(days=DAYS)
    built = frames.build(family, source, family.dates(source, as_of, parameters), parameters, seed)
    model = family.fit(built.train, parameters, seed)
    predicted = model.predict(built.holdout)
    truth = _truth(family, made)
    outcome = np.array([truth[id_] for id_ in built.holdout[ENTITY]], dtype=float)
    stopped = _ruled(family, built.holdout)
    false = float(np.mean(stopped[outcome == 0]))
    own = {
        "recall_at_0_1_percent": recall_at_false_positives(outcome, predicted, RATE),
        "recall_at_the_rules_rate": recall_at_false_positives(outcome, predicted, max(false, 1.0 / len(outcome))),
        "auc": roc_auc(outcome, predicted),
        "ap": average_precision(outcome, predicted),
    }
    rules = {"recall_at_the_rules_rate": float(np.mean(stopped[outcome == 1])), "false_positives": false}
    labelled = np.sum(built.holdout[LABEL].to_numpy())
    note = (
        f"{len(outcome):,} events judged, {int(outcome.sum()):,} bad, of which {int(labelled):,} were labelled in "
        f"time; {len(built.train):,} learned from"
    )
    return own, rules, note


def _truth(family: AssessingFamily, made: Simulated) -> dict[str, bool]:
    """Whether each event was bad, whatever its label says."""
    (name,) = (each for each in made.tables if each != "labels")
    ids = made.tables[name].column(family.assessment.id_property).to_pylist()
    return dict(zip(ids, (pattern not in GOOD for pattern in made.patterns.to_pylist()), strict=True))


GOOD = frozenset({"habit", "person"})
"""What the simulators call honest."""


def _ruled(family: AssessingFamily, holdout: Any) -> np.ndarray:
    """Whether the spec's rules would have stopped each event."""
    assessment = family.assessment
    rules = Rules(assessment.rules(), vocabulary(assessment))
    stopped = np.zeros(len(holdout), dtype=bool)
    columns = [*assessment.facts, *assessment.features]
    known = holdout[columns].astype(object).where(holdout[columns].notna(), None)
    for number, row in enumerate(known.to_dict("records")):
        facts = {name: row[name] for name in assessment.facts}
        stopped[number] = rules(assessment.asked(facts, row)).outcome in ("review", "block")
    return stopped
