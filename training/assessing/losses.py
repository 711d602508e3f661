"""What mature decisions came to, in money, by the policy's own arithmetic."""

from __future__ import annotations

import numpy as np

from commerce.assessments.monitoring import Losses
from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.policy import Outcome, costs


def losses(outcome: np.ndarray, amount: np.ndarray, fraud: np.ndarray, of: AssessmentParameters) -> Losses:
    """`outcome` (text), `amount` and `fraud` (0 or 1): (rows,) of decisions of which it is known what they were.

    - a good event reviewed costs `review_cost`; a good one blocked `margin · amount + goodwill`;
    - a fraud let through costs `loss_share · amount + loss_fee`; one that is reviewed `review_cost`, and that loss in
      the share `1 - review_finds` of cases; one that is blocked nothing.
    """
    good = fraud == 0
    reviewed, blocked = outcome == "review", outcome == "block"
    good_reviewed = _total("review", 0.0, amount[good & reviewed], of)
    good_blocked = _total("block", 0.0, amount[good & blocked], of)
    frauds_reviewed = of.review_cost * int((~good & reviewed).sum())
    missed = _total("review", 1.0, amount[~good & reviewed], of) - frauds_reviewed
    lost = _total("approve", 1.0, amount[~good & (outcome == "approve")], of) + missed
    averted = _total("approve", 1.0, amount[~good], of) - lost
    return Losses(
        good_reviewed=int((good & reviewed).sum()),
        good_reviewed_cost=good_reviewed,
        good_blocked=int((good & blocked).sum()),
        good_blocked_cost=good_blocked,
        false_positive_cost=good_reviewed + good_blocked,
        frauds_reviewed_cost=frauds_reviewed,
        lost=lost,
        averted=averted,
        saved=averted - frauds_reviewed - good_reviewed - good_blocked,
    )


def _total(outcome: Outcome, fraud: float, amounts: np.ndarray, of: AssessmentParameters) -> float:
    """What an outcome cost of events of these amounts: costs are linear in it, so the mean's times their number."""
    return len(amounts) * getattr(costs(fraud, float(amounts.mean()), of), outcome) if len(amounts) else 0.0
