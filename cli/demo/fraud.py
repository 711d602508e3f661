"""A shop's payments through the API: what it knows, what it learns of that, and a week of decisions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import batched
from pathlib import Path

from rich.markup import escape
from rich.progress import Progress

from cli import definitions, keys
from cli.api import assessments, events
from cli.assessing import STYLES, why
from cli.console import done, out, progress
from cli.demo import handbook, payments
from cli.demo.learning import learn
from cli.demo.payments import Payment, Shop
from cli.environment import Environment
from cli.report.decisions import Decided, FraudReport, effect
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.reviews import Review, Verdict
from commerce.families import family as family_spec
from commerce.rules.effects import Simulation

FAMILY = "fraud"
PARAMETERS = {"train_days": payments.HISTORY_DAYS}
REVIEWER = "shopkeeper demo"
_REASONS = 2
"""Of each decision that is told."""


def run(environment: Environment, today: date | None = None) -> FraudReport:
    """Tell the API of weeks of payments, learn as of a week ago, and decide on that week payment by payment.

    Times end this midnight, UTC: what is counted online expires with time. Where nothing is released, rules alone
    decide.
    """
    started = time.monotonic()
    day = today or datetime.now(UTC).date()
    file = handbook.path()
    shop = handbook.shop(file, day) if file else payments.simulate(day)
    done(f"not of a real shop: {shop.words}")
    key = keys.made(environment, REVIEWER, server=True)
    told, told_seconds = _tell(environment, key, shop)
    spec = family_spec(FAMILY)
    learnt = learn(environment, spec, shop.as_of, PARAMETERS)
    if not learnt.released:
        out.print("no model decides: the rules alone do", style="yellow")
    tried = _ruled(environment, shop.rules)
    decisions, labels = _replay(environment, key, shop)
    review = _answer(environment, decisions)
    parameters = spec.parameters()
    assert isinstance(parameters, AssessmentParameters)  # noqa: S101 - the spec's own type of them
    return FraudReport(
        learnt=learnt,
        assumed=shop.words,
        currency=shop.currency,
        parameters=parameters,
        rules=shop.rules.name,
        tried=tried,
        told=told,
        told_seconds=told_seconds,
        labels=labels,
        decisions=decisions,
        review=review,
        seconds=time.monotonic() - started,
    )


def _tell(environment: Environment, key: str, shop: Shop) -> tuple[int, float]:
    """The history as events: ingest counts it, and the next retraining curates it. How many, and the seconds."""
    began, messages = time.monotonic(), shop.told()
    with progress() as bar:
        task = bar.add_task("telling the API of past payments", total=len(messages))
        for group in batched(messages, events.BATCH):
            events.tell(environment, key, group)
            bar.advance(task, len(group))
    seconds = time.monotonic() - began
    done(f"told the API of {len(messages):,} payments and frauds in {seconds:.0f} s")
    return len(messages), seconds


def _ruled(environment: Environment, rules: Path) -> Simulation:
    """The shop's rules: saved, tried on the events that the model was judged on, and made live."""
    book = assessments.save_rules(environment, FAMILY, definitions.rules(rules))
    tried = assessments.simulate_rules(environment, FAMILY, book.version)
    assessments.activate_rules(environment, FAMILY, book.version)
    done(f"{len(book.rules)} rules are live: {effect(tried)}")
    return tried


def _replay(environment: Environment, key: str, shop: Shop) -> tuple[list[Decided], int]:
    """Decide on the week in the order of time, telling what the shop hears in between; decisions, and frauds heard of.

    A payment that is blocked is never tried, so nobody ever tells what it was.
    """
    decisions: list[Decided] = []
    waiting, labels = shop.coming(), 0
    with progress() as bar:
        task = bar.add_task("deciding on a week of payments", total=len(shop.week))
        for payment in shop.week:
            heard, waiting = _heard(waiting, payment.at)
            labels += len(heard)
            events.tell(environment, key, [each.labelled() for each in heard])
            decided = _decide(environment, payment)
            decisions.append(decided)
            if decided.answer.outcome != "block":
                waiting = _later(waiting, payment)
                if payment.declined:
                    events.tell(environment, key, [payment.attempted()])
            for line in _lines(heard, decided, shop.currency):
                _print(bar, line)
            bar.advance(task)
    done(f"decided on {len(decisions):,} payments of the week from {shop.as_of}; {labels:,} frauds became known in it")
    return decisions, labels


def _decide(environment: Environment, payment: Payment) -> Decided:
    question = payment.question()
    began = time.perf_counter()
    answer = assessments.assess(environment, FAMILY, question)
    return Decided(payment, answer, 1000 * (time.perf_counter() - began))


def _heard(waiting: list[Payment], now: datetime) -> tuple[list[Payment], list[Payment]]:
    """Of frauds that are still to become known, those that are by now, and the rest."""
    heard = [each for each in waiting if each.known_at and each.known_at <= now]
    return heard, waiting[len(heard) :]


def _later(waiting: list[Payment], payment: Payment) -> list[Payment]:
    """With one more fraud that will become known, in the order in which they do."""
    if payment.known_at is None:
        return waiting
    return sorted([*waiting, payment], key=lambda each: (each.known_at, each.id))


def _lines(heard: Sequence[Payment], decided: Decided, currency: str) -> Iterator[str]:
    """What is told live: frauds that became known, and a decision that is no approval."""
    for each in heard:
        paid = f"{each.amount:,.2f} {currency} paid on {each.at:%d %b}"
        yield f"[dim]{each.known_at:%d %b %H:%M}  known as fraud: {each.id}, {paid}[/dim]"
    if decided.stopped:
        payment, answer = decided.payment, decided.answer
        style = STYLES[answer.outcome]
        likely = "" if answer.probability is None else f" {answer.probability:.0%}"
        reasons = escape("; ".join(why(answer)[:_REASONS]))
        truth = f"[bold]{payment.pattern.replace('_', ' ')}[/bold]" if payment.fraud else "good"
        yield (
            f"{payment.at:%d %b %H:%M}  [{style}]{answer.outcome}{likely}[/{style}] {payment.id}, "
            f"{payment.amount:,.2f} {currency}: {reasons or 'no reason given'} [dim]→[/dim] {truth}"
        )


def _print(bar: Progress, line: str) -> None:
    bar.console.print(line, highlight=False)


def _answer(environment: Environment, decisions: Sequence[Decided]) -> Review | None:
    """Answer the oldest open review with what the payment truly was; None where nothing waits."""
    truth = {each.payment.id: each.payment for each in decisions}
    queue = assessments.reviews(environment, FAMILY).reviews
    payment = next((truth[r.decision.event_id] for r in queue if r.decision.event_id in truth), None)
    if payment is None:
        return None
    verdict = Verdict(fraud=payment.fraud, reviewer=REVIEWER, note="what it truly was")
    review = assessments.judge(environment, FAMILY, payment.id, verdict)
    done(f"answered the review of {payment.id}: {'fraud' if payment.fraud else 'legitimate'}, its label from now on")
    return review
