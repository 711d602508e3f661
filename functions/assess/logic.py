"""A decision within the time there is: whatever cannot be read in it, the decision goes without, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from functions.common import score_rows
from functions.common.attempt import Failed, attempt
from functions.common.dynamodb import Item
from functions.common.releases import Pointer
from functions.common.streams import Held, Pair, Record, Told, keys, record_key, state_key
from functions.common.told import order

Rules = Callable[[Mapping[str, Any]], Verdict]
"""What the live rules say of an event's values."""
Row = tuple[str, str, str]
"""(family, customer, version) of an answer in the score table."""


@dataclass(frozen=True, slots=True)
class Read:
    """States and records; how many reviews today asked for so far; the customer's row of another family, if any."""

    held: Held = field(default_factory=Held)
    reviews: int = 0
    row: Item | None = None


class Storage(Protocol):
    """Where states, pointers, versions and rules are."""

    def read(self, family: Family, pairs: Sequence[Pair], row: Row | None, now: datetime) -> Read:
        """States and records by their keys, today's reviews of the family, and the row, which may be missing."""
        ...

    def pointers(self, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Release pointers of the families that have one."""
        ...

    def version(self, artifact: str) -> Portable:
        """A version of the model, of its artifact's URI."""
        ...

    def rules(self, family: Family) -> Rules:
        """The live rules, or those of the spec."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; whether it was given before; and, of a new one, what it was decided on.

    `values` are the model's inputs and, as `<context>.<field>`, what rules were told of the customer.
    """

    answer: Assessed
    repeated: bool = False
    values: Mapping[str, float | None] = field(default_factory=dict)
    amount: float = 0.0
    told: Told | None = None
    held: Held | None = None


def assess(
    request: Request, decision_id: str, storage: Storage, parameters: BaseModel, now: datetime, failed: Failed
) -> Decision:
    """Decide. `failed(what, error)` is told of what the decision went without: `state`, `model`, `rules`,
    `context`."""
    assert isinstance(parameters, AssessmentParameters)  # noqa: S101 - the spec's own type of them
    family, assessment, streams = request.family, request.assessment, request.assessment.streams
    counted = assessment.counted(request.question.event_id, request.at, request.fields).counted(streams)
    own = record_key(streams, counted.id)
    missing: list[Missing] = []
    pointers = attempt(lambda: storage.pointers(_families(request)), "model", failed) or {}
    row = _row(request, pointers)
    read = attempt(lambda: storage.read(family, [own, *keys(streams, counted)], row, now), "state", failed)
    held = read.held if read else Held()
    before = held.records.get(own, Record()).decision
    if before is not None:
        return Decision(Assessed.model_validate(before), repeated=True)
    values = dict(assessment.variables(request.at, request.fields))
    if read is None:
        missing.append("state")
    else:
        values |= features(streams, counted, _states(request, counted, held), parameters.label_delay_days)
    model, version = (None, None) if read is None else _model(request, storage, pointers, missing, failed)
    rules = attempt(lambda: storage.rules(family), "rules", failed)
    if rules is None:
        missing.append("rules")
    said = _said(request, read, failed)
    amount = assessment.amount(request.fields, parameters)
    case = Case(
        family=family.name,
        decision_id=decision_id,
        event_id=counted.id,
        at=request.at,
        values=values,
        amount=amount,
        verdict=rules(assessment.asked(request.fields, values, said)) if rules else Verdict(),
        missing=missing,
        reviews_left=(read.reviews if read else 0) < parameters.reviews_per_day,
    )
    answer = decide(assessment, case, model, version, parameters)
    kept = values | (assessment.context.named(said) if assessment.context else {})
    return Decision(answer, values=kept, amount=amount, told=Told(counted, order(request.at)), held=held)


def _families(request: Request) -> list[str]:
    """Whose releases the decision needs: its own family's, and that of what rules are told of the customer."""
    context = request.assessment.context
    return [request.family.name, *([context.family] if context else [])]


def _row(request: Request, pointers: Mapping[str, Pointer]) -> Row | None:
    """Where the customer's live answer of the context's family is; None of nobody, and before its first release."""
    context, customer = request.assessment.context, request.question.customer_id
    pointer = pointers.get(context.family) if context else None
    if context is None or customer is None or pointer is None:
        return None
    version = arm(pointer.release, customer)
    return (context.family, customer, version) if version else None


def _said(request: Request, read: Read | None, failed: Failed) -> dict[str, float]:
    """What the context's answer says; nothing where there is none. Rules that ask for it do not fire then."""
    context = request.assessment.context
    item = read.row if read else None
    if context is None or item is None:
        return {}
    return attempt(lambda: context.read(score_rows.answer(item)), "context", failed) or {}


def _model(
    request: Request, storage: Storage, pointers: Mapping[str, Pointer], missing: list[Missing], failed: Failed
) -> tuple[Portable | None, str | None]:
    """The version that the customer's arm has; None before the first release, and where it cannot be read in time."""
    pointer = pointers.get(request.family.name)
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
