"""Churn: how likely a customer is not to buy within the horizon (or, for contracts, to end theirs)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.counters import CustomerState
from commerce.evaluation import Gate
from commerce.family import Family
from commerce.readiness import Requirement
from commerce.scores import Reason, Score


class ChurnParameters(BaseModel):
    """A shop's settings for churn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: Literal["no_purchase", "contract"] = Field(
        default="no_purchase", description="what churn means: no order within the horizon, or customers.churned"
    )
    horizon_days: Annotated[int, Field(ge=7, le=730)] | None = Field(
        default=None,
        description="days without an order that count as churn; from the shop's repurchase intervals when empty",
    )
    active_days: Annotated[int, Field(ge=30, le=1460)] = Field(
        default=365, description="customers with an order in this many days before the as-of date are scored"
    )


class ChurnScore(Score):
    """Answer of the churn family."""

    family: str = "churn"
    probability: float = Field(ge=0, le=1, description="of no purchase within the horizon, calibrated")
    horizon_days: int | None = Field(default=None, description="null for a contract business")


DEFAULT_HORIZON_DAYS = 90


def baseline(state: CustomerState | None, now: datetime, parameters: BaseModel) -> ChurnScore:
    """The longer without an order, measured by the customer's own habit, the likelier the customer is gone.

    With a mean interval g between orders and r days since the last, p = exp(-h / max(r, g)) for the horizon h: the
    chance that a Poisson buyer at the slower of the two rates buys nothing in h days. Not calibrated; it stands in
    only where no model answers. Without any known order p = 0.5: nothing is known.
    """
    horizon = getattr(parameters, "horizon_days", None) or DEFAULT_HORIZON_DAYS
    if state is None or state.last_order_at is None or state.orders < 1:
        return ChurnScore(
            source="baseline",
            as_of=now.date(),
            probability=0.5,
            horizon_days=horizon,
            reasons=[Reason(text="no order of this customer is known", contribution=0.0)],
        )
    since = max((now - state.last_order_at.astimezone(UTC)).total_seconds() / 86400, 0.0)
    interval = float(horizon)
    if state.orders > 1 and state.first_order_at is not None:
        interval = (state.last_order_at - state.first_order_at).total_seconds() / 86400 / (state.orders - 1)
    probability = math.exp(-horizon / max(since, interval, 1.0))
    log_odds = math.log(max(probability, 1e-9) / max(1 - probability, 1e-9))
    usual = f", usually every {interval:.0f}" if state.orders > 1 else ""
    reason = Reason(text=f"no order for {since:.0f} days{usual}", contribution=round(log_odds, 4))
    return ChurnScore(
        source="baseline",
        as_of=now.date(),
        probability=round(probability, 6),
        horizon_days=horizon,
        reasons=[reason],
    )


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Orders over half a year; for a contract business, customers with their label."""
    if getattr(parameters, "target", None) == "contract":
        label = Requirement(table="customers", columns=("customer_id", "churned", "traits"), min_rows=200)
        return (label,)
    return (
        Requirement(
            table="orders",
            columns=("customer_id", "ordered_at"),
            min_rows=1000,
            min_days=180,
            min_entities=200,
            entity="customer_id",
            max_age_days=30,
        ),
        Requirement(table="order_lines", columns=("customer_id", "product_id", "total"), min_rows=1000, min_days=180),
        Requirement(table="customers", optional=True),
    )


FAMILY = Family(
    name="churn",
    title="Churn",
    question="How likely is it that this customer does not come back within the horizon?",
    mode="table",
    parameters=ChurnParameters,
    answer=ChurnScore,
    baseline=baseline,
    requirements=requirements,
    gates=(
        Gate(metric="auc", better="higher", bound=0.6, margin_to_champion=0.01, margin_to_floors=0.005),
        Gate(metric="brier", better="lower", bound=0.25, margin_to_champion=0.005, margin_to_floors=0.0),
    ),
    primary_metric="auc",
)
