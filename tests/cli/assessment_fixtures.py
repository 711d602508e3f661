"""Answers of the API on events, for tests of the verbs and of the demo."""

from __future__ import annotations

from commerce.assessments.answer import Assessed
from commerce.rules.effects import Effect, RuleEffect, Simulation, Stopped, Sum

DECIDED = "2026-03-02T09:30:00Z"


def decided(event="p-1", outcome="review", probability=0.25, **changes) -> Assessed:
    """The model's decision, with a reason and a rule that held; expected costs where there is a probability."""
    known = probability is not None
    body = {
        "family": "fraud",
        "source": "model" if known else "baseline",
        "version": "3" if known else None,
        "as_of": "2026-03-02",
        "decision_id": f"d-{event}",
        "event_type": "payment",
        "event_id": event,
        "outcome": outcome,
        "probability": probability,
        "costs": {"approve": 1230.5, "review": 15.0, "block": 30.0} if known else None,
        "decided_by": "model" if known else "rules",
        "decided_at": DECIDED,
        "rules": [{"id": "burst", "outcome": "review", "reason": "many payments [within minutes]"}],
        "reasons": [{"text": "9 payments of this card", "contribution": 0.5}] if known else [],
    }
    return Assessed.model_validate(body | changes)


def simulation(**changes) -> Simulation:
    """What one rule would have done to ten thousand events."""
    sums = dict.fromkeys(("approve_to_review", "approve_to_block", "to_approve", "review_to_block", "frauds", "good"))
    effect = dict.fromkeys(sums, Sum()) | {"fired": Sum(events=1200, amount=5.0), "approve_to_block": Sum(events=7)}
    shares = {"precision": 0.5, "caught": 0.25, "false_positive_rate": None}
    stopped = Stopped(review=Sum(events=3), block=Sum(events=1, amount=99.5), **shares)
    made = {
        "family": "fraud",
        "version": 2,
        "run": "r",
        "events": 10000,
        "known": 10000,
        "frauds": 40,
        "before": stopped,
        "after": stopped,
        "total": Effect(**effect, **shares),
        "rules": [RuleEffect(id="big", outcome="block", unknown=0, **effect, **shares)],
    }
    return Simulation(**made | changes)
