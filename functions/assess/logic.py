"""A decision within the time there is: whatever cannot be read in it, the decision goes without, and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel

from commerce.assessments.answer import Assessed, Missing
from commerce.assessments.decide import Case, Verdict, decide
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.portable import Portable
from commerce.family import Family
from commerce.release import arm
from commerce.streams import EntityState, features
from commerce.streams.observation import Counted
from functions.assess.requests import Request
from functions.common.attempt import Failed, attempt
from functions.common.releases import Pointer
from functions.common.streams import Held, Pair, Record, Told, keys, record_key, state_key
from functions.common.told import order

Rules = Callable[[Mapping[str, Any]], Verdict]
"""What the live rules say of an event's values."""


class Storage(Protocol):
    """Where states, pointers, versions and rules are."""

    def held(self, family: Family, pairs: Sequence[Pair], now: datetime) -> tuple[Held, int]:
        """States and records by their keys, and how many reviews today asked for so far, in one read."""
        ...

    def pointer(self, family: str) -> Pointer | None:
        """The family's release pointer."""
        ...

    def version(self, artifact: str) -> Portable:
        """A version of the model, of its artifact's URI."""
        ...

    def rules(self, family: Family) -> Rules:
        """The live rules, or those of the spec."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; whether it was given before; and, of a new one, what it was decided on."""

    answer: Assessed
    repeated: bool = False
    values: Mapping[str, float | None] = field(default_factory=dict)
    amount: float = 0.0
    told: Told | None = None
    held: Held | None = None


def assess(
    request: Request, decision_id: str, storage: Storage, parameters: BaseModel, now: datetime, failed: Failed
) -> Decision:
    """Decide. `failed(what, error)` is told of what the decision went without: `state`, `model`, `rules`."""
    assert isinstance(parameters, AssessmentParameters)  # noqa: S101 - the spec's own type of them
    family, assessment, streams = request.family, request.assessment, request.assessment.streams
    counted = assessment.counted(request.question.event_id, request.at, request.fields).counted(streams)
    own = record_key(streams, counted.id)
    missing: list[Missing] = []
    read = attempt(lambda: storage.held(family, [own, *keys(streams, counted)], now), "state", failed)
    held, reviews = read or (Held(), 0)
    before = held.records.get(own, Record()).decision
    if before is not None:
        return Decision(Assessed.model_validate(before), repeated=True)
    values = dict(assessment.variables(request.at, request.fields))
    if read is None:
        missing.append("state")
    else:
        values |= features(streams, counted, _states(request, counted, held), parameters.label_delay_days)
    model, version = (None, None) if read is None else _model(request, storage, missing, failed)
    rules = attempt(lambda: storage.rules(family), "rules", failed)
    if rules is None:
        missing.append("rules")
    amount = assessment.amount(request.fields, parameters)
    case = Case(
        family=family.name,
        decision_id=decision_id,
        event_id=counted.id,
        at=request.at,
        values=values,
        amount=amount,
        verdict=rules(assessment.asked(request.fields, values)) if rules else Verdict(),
        missing=missing,
        reviews_left=reviews < parameters.reviews_per_day,
    )
    answer = decide(assessment, case, model, version, parameters)
    return Decision(answer, values=values, amount=amount, told=Told(counted, order(request.at)), held=held)


def _model(
    request: Request, storage: Storage, missing: list[Missing], failed: Failed
) -> tuple[Portable | None, str | None]:
    """The version that the customer's arm has; None before the first release, and where it cannot be read in time."""
    pointer = attempt(lambda: storage.pointer(request.family.name), "model", failed)
    version = arm(pointer.release, request.question.customer_id or request.question.event_id) if pointer else None
    artifact = pointer.artifacts.get(version) if pointer and version else None
    model = attempt(lambda: storage.version(artifact), "model", failed) if artifact else None
    if model is None:
        missing.append("model")
    return model, version


def _states(request: Request, counted: Counted, held: Held) -> dict[str, EntityState]:
    streams = request.assessment.streams
    pairs = {entity: state_key(streams, entity, key) for entity, key in counted.keys.items()}
    return {entity: held.states[pair][0] for entity, pair in pairs.items() if pair in held.states}
