"""The decision on one event, from what is known of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from commerce.assessments.answer import Assessed, FiredRule, Missing
from commerce.assessments.assessment import Assessment
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.policy import Outcome, cheapest, combined, costs
from commerce.assessments.portable import Portable
from commerce.scores import Reason

if TYPE_CHECKING:
    from commerce.family import Family

REASONS = 5
"""Most of the model's reasons that an answer gives."""
UNUSUAL = 0.995
"""Share of ordinary events that an event must be more unusual than for an anomaly score to ask for a review."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the shop's rules say: the rules that held, and the outcome of the one that counts (`commerce.rules`).

    An `approve` overrules the model as a block does; a `review` only raises an approval.
    """

    fired: Sequence[FiredRule] = ()
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An event with what is known of it: the model's inputs, what is at stake, what the rules say."""

    family: str
    decision_id: str
    event_id: str
    at: datetime
    values: Mapping[str, float | None]
    amount: float
    verdict: Verdict
    missing: Sequence[Missing] = ()
    reviews_left: bool = True


def decide(
    assessment: Assessment, case: Case, model: Portable | None, version: str | None, parameters: AssessmentParameters
) -> Assessed:
    """The answer. Without a model, the rules alone decide, and what no rule speaks of is approved."""
    answer: dict[str, Any] = {"decided_by": "rules", "outcome": "approve", "source": "baseline", "reasons": []}
    if model is not None:
        answer = _judged(assessment, case, model, parameters)
    ruled = case.verdict.outcome
    if (outcome := combined(answer["outcome"], ruled)) != answer["outcome"] or outcome == ruled == "block":
        answer |= {"outcome": outcome, "decided_by": "rules"}
    return Assessed(
        family=case.family,
        version=version if model is not None else None,
        as_of=case.at.date(),
        decision_id=case.decision_id,
        event_type=assessment.event_type,
        event_id=case.event_id,
        rules=list(case.verdict.fired),
        missing=list(case.missing),
        decided_at=case.at,
        **answer,
    )


def rehearsed(family: Family, instance: Mapping[str, Any], model: Portable, parameters: BaseModel) -> Assessed:
    """The model's decision on a row of features, by which container and function are compared."""
    if family.assessment is None or not isinstance(parameters, AssessmentParameters):
        raise ValueError(f"family {family.name} assesses nothing")
    case = Case(
        family=family.name,
        decision_id="rehearsal",
        event_id=instance["entity_id"],
        at=datetime.fromisoformat(instance["as_of"]).replace(tzinfo=UTC),
        values={name: instance[name] for name in model.features},
        amount=instance["at_stake"],
        verdict=Verdict(),
    )
    return decide(family.assessment, case, model, None, parameters)


def _judged(assessment: Assessment, case: Case, model: Portable, parameters: AssessmentParameters) -> dict[str, Any]:
    score, contributions = model.explained(case.values)
    answer: dict[str, Any] = {"decided_by": "model", "reasons": list(_reasons(assessment, case.values, contributions))}
    if model.kind == "anomaly":
        outcome: Outcome = "review" if score >= UNUSUAL and case.reviews_left else "approve"
        return answer | {"source": "cold_start", "anomaly": score, "outcome": outcome}
    expected = costs(score, case.amount, parameters)
    priced = costs(score, case.amount, parameters, model.price)
    return answer | {
        "source": "model",
        "probability": score,
        "costs": expected,
        "outcome": cheapest(priced, review=case.reviews_left),
    }


def _reasons(
    assessment: Assessment, values: Mapping[str, float | None], contributions: Mapping[str, float]
) -> Iterable[Reason]:
    """What speaks most for fraud, the strongest first."""
    for_fraud = [name for name, contribution in contributions.items() if contribution > 0]
    for name in sorted(for_fraud, key=lambda name: (-contributions[name], name))[:REASONS]:
        value = values.get(name)
        if value is not None:
            yield Reason(text=assessment.words[name].format(value=value), contribution=contributions[name])
