"""What the demo's report holds of decisions on payments, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cli.charts.axes import Chart
from cli.charts.curves import found_by_alarms
from cli.demo.payments import Payment
from cli.report.model import Learnt
from commerce.assessments.answer import Assessed
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.policy import Outcome, costs
from commerce.assessments.reviews import Review
from commerce.rules.effects import Simulation

DEAREST = 10


@dataclass(frozen=True)
class Decided:
    """A payment and the API's answer, with the milliseconds of the call."""

    payment: Payment
    answer: Assessed
    milliseconds: float

    @property
    def stopped(self) -> bool:
        """Whether it is an alarm: reviewed or blocked."""
        return self.answer.outcome != "approve"

    def cost(self, outcome: Outcome, of: AssessmentParameters) -> float:
        """What that outcome costs the shop, now that it is known what the payment is.

        A fraud that its issuer declines loses nothing, whatever the shop decides.
        """
        payment = self.payment
        if payment.fraud and payment.declined:
            return of.review_cost if outcome == "review" else 0.0
        return getattr(costs(float(payment.fraud), payment.amount, of), outcome)


@dataclass(frozen=True)
class FraudReport:
    """A week of simulated payments (`assumed` says how), decided on in the order of time at the shop's `parameters`.

    `tried` is what the shop's rules, an example called `rules`, would have done before they went live. `told` events of
    the time before were told in `told_seconds`; `labels` became known during the week. The first call starts the
    function: it took `first_milliseconds`, and no percentile counts it.
    """

    learnt: Learnt
    assumed: str
    currency: str
    parameters: AssessmentParameters
    rules: str
    tried: Simulation
    told: int
    told_seconds: float
    labels: int
    decisions: Sequence[Decided]
    review: Review | None
    seconds: float

    @property
    def first_milliseconds(self) -> float:
        """Of the first call."""
        return self.decisions[0].milliseconds

    @property
    def alarms(self) -> list[Decided]:
        """What was reviewed or blocked, in the order of time."""
        return [each for each in self.decisions if each.stopped]

    @property
    def dearest(self) -> list[Decided]:
        """The alarms of the highest amounts."""
        return sorted(self.alarms, key=lambda each: (-each.payment.amount, each.payment.id))[:DEAREST]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """(what, how much), as it is told on terminal and page."""
        every, parameters = self.decisions, self.parameters
        frauds = [each for each in every if each.payment.fraud]
        good = [each for each in self.alarms if not each.payment.fraud]
        nothing = sum(each.cost("approve", parameters) for each in every)
        came_to = sum(each.cost(each.answer.outcome, parameters) for each in every)
        turned_away = sum(each.cost(each.answer.outcome, parameters) for each in good)
        blocked = sum(each.answer.outcome == "block" for each in good)
        p50, p99 = np.percentile([each.milliseconds for each in every[1:] or every], [50, 99])
        declined = sum(each.payment.declined for each in frauds)
        return [
            ("payments", f"{len(every):,}"),
            ("frauds among them", f"{len(frauds):,}, {declined:,} of which their issuers declined"),
            ("reviewed", _stopped("review", every)),
            ("blocked", _stopped("block", every)),
            ("frauds let through", f"{sum(not each.stopped for each in frauds):,}"),
            ("good customers stopped", f"{len(good):,}, {blocked:,} of them blocked: {_money(turned_away)}"),
            ("cost if all were approved", _money(nothing)),
            ("cost as decided", _money(came_to)),
            ("saved", _money(nothing - came_to)),
            ("a decision over the API", f"{p50:.0f} ms (median), {p99:.0f} ms (99 of 100)"),
        ]

    @property
    def chart(self) -> Chart | None:
        """Frauds found over alarms, where there are any."""
        found = [each.payment.fraud for each in self.alarms]
        return found_by_alarms(found, sum(each.payment.fraud for each in self.decisions)) if found else None

    @property
    def policy(self) -> str:
        """What costs are counted at, in words."""
        of = self.parameters
        return (
            f"a fraud costs {of.loss_share:.0%} of its amount and {of.loss_fee:g}, a review {of.review_cost:g} and "
            f"finds {of.review_finds:.0%} of frauds, a good customer blocked {of.margin:.0%} of the amount and "
            f"{of.goodwill:g}"
        )


def effect(tried: Simulation) -> str:
    """What rules would have done, in a sentence."""
    if not tried.events:
        return tried.note or "there was no event to try them on"
    fired, right = tried.total.fired.events, tried.total.frauds.events
    return (
        f"on the {tried.events:,} events that the model was judged on they would have fired {fired:,} times, "
        f"{right:,} of them at known fraud"
    )


def _stopped(outcome: Outcome, every: Sequence[Decided]) -> str:
    found = [each for each in every if each.answer.outcome == outcome]
    amount = sum(each.payment.amount for each in found)
    return f"{len(found):,}, {sum(each.payment.fraud for each in found):,} of them fraud: {_money(amount)}"


def _money(amount: float) -> str:
    return f"{amount:,.0f}"
