"""Rules tried on history: each event asked, and what it turned out to be put beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from commerce.assessments.policy import Outcome, combined
from commerce.rules.effects import Effect, Figures, PastEvent, RuleEffect, Stopped, Sum
from commerce.rules.ruling import Rules


def simulate(rules: Rules, history: Iterable[PastEvent]) -> Figures:
    """Ask `rules` of every event of `history`. A rule's own figures are those that it would have alone."""
    all_, before, after, total = _Tally(), _Decided(), _Decided(), _Moved()
    by_id = {rule.id: _Moved() for rule in rules.rules}
    for event in history:
        ruling = rules(event.values)
        all_.add(event)
        outcome = combined(event.outcome, ruling.outcome)
        before.add(event, event.outcome)
        after.add(event, outcome)
        if ruling.fired:
            total.add(event, outcome)
        for fired in ruling.fired:
            by_id[fired.id].add(event, combined(event.outcome, fired.outcome))
        for id_ in ruling.unknown:
            by_id[id_].unknown += 1
    return Figures(
        events=all_.all.events,
        known=all_.frauds.events + all_.good.events,
        frauds=all_.frauds.events,
        before=before.stopped(all_),
        after=after.stopped(all_),
        total=Effect(**total.effect(all_)),
        rules=[
            RuleEffect(id=r.id, outcome=r.outcome, unknown=by_id[r.id].unknown, **by_id[r.id].effect(all_))
            for r in rules.rules
        ],
    )


@dataclass
class _Tally:
    """Events by what they turned out to be."""

    all: Sum = field(default_factory=Sum)
    frauds: Sum = field(default_factory=Sum)
    good: Sum = field(default_factory=Sum)

    def add(self, event: PastEvent) -> None:
        _count(self.all, event)
        if event.known and event.fraud is not None:
            _count(self.frauds if event.fraud else self.good, event)

    def shares(self, of: _Tally) -> dict[str, float | None]:
        """How well events are chosen of all."""
        return {
            "precision": _share(self.frauds.events, self.frauds.events + self.good.events),
            "caught": _share(self.frauds.events, of.frauds.events),
            "false_positive_rate": _share(self.good.events, of.good.events),
        }


@dataclass
class _Moved:
    """Events that fired, by what became of them."""

    tally: _Tally = field(default_factory=_Tally)
    moves: dict[tuple[Outcome, Outcome], Sum] = field(default_factory=dict)
    unknown: int = 0

    def add(self, event: PastEvent, outcome: Outcome) -> None:
        self.tally.add(event)
        _count(self.moves.setdefault((event.outcome, outcome), Sum()), event)

    def effect(self, of: _Tally) -> dict[str, Any]:
        moved = {f"{a}_to_{b}": self.moves.get((a, b), Sum()) for a, b in _MOVES}
        approved = [self.moves[move] for move in _APPROVALS if move in self.moves]
        return {
            "fired": self.tally.all,
            "frauds": self.tally.frauds,
            "good": self.tally.good,
            "to_approve": Sum(events=sum(s.events for s in approved), amount=sum(s.amount for s in approved)),
            **moved,
            **self.tally.shares(of),
        }


_MOVES: tuple[tuple[Outcome, Outcome], ...] = (("approve", "review"), ("approve", "block"), ("review", "block"))
_APPROVALS: tuple[tuple[Outcome, Outcome], ...] = (("review", "approve"), ("block", "approve"))


@dataclass
class _Decided:
    """Events by how they are decided."""

    by_outcome: dict[Outcome, Sum] = field(default_factory=dict)
    tally: _Tally = field(default_factory=_Tally)

    def add(self, event: PastEvent, outcome: Outcome) -> None:
        if outcome != "approve":
            _count(self.by_outcome.setdefault(outcome, Sum()), event)
            self.tally.add(event)

    def stopped(self, of: _Tally) -> Stopped:
        review, block = (self.by_outcome.get(outcome, Sum()) for outcome in ("review", "block"))
        return Stopped(review=review, block=block, **self.tally.shares(of))


def _count(sum_: Sum, event: PastEvent) -> None:
    sum_.events += 1
    sum_.amount += event.amount


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
