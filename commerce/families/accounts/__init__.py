"""Accounts: does this customer's account belong to a group that one hand uses?"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from pydantic import BaseModel

from commerce.counters import CustomerState
from commerce.evaluation import Gate
from commerce.families.accounts.answer import AccountsAnswer
from commerce.families.accounts.parameters import AccountsParameters
from commerce.family import Family
from commerce.readiness import Requirement

LEAST_DAYS = 28
"""Of payments before the first date to learn from."""


def baseline(state: CustomerState | None, now: datetime, parameters: BaseModel) -> AccountsAnswer:  # noqa: ARG001
    """Nothing is known of what accounts share before the first batch job: no group, no flag, no probability."""
    return AccountsAnswer(source="baseline", as_of=now.date())


def requirements(parameters: BaseModel) -> tuple[Requirement, ...]:
    """Payments over two dates to learn from and one to judge by, each with its outcomes."""
    own = cast(AccountsParameters, parameters)
    return (
        Requirement(
            table="payments",
            columns=("payment_id", "customer_id", "occurred_at", "amount"),
            min_rows=1000,
            min_days=LEAST_DAYS + 3 * own.horizon_days + 2 * own.label_delay_days,
            min_entities=200,
            entity="customer_id",
            max_age_days=7,
        ),
        Requirement(table="labels", optional=True),
        Requirement(table="logins", optional=True),
        Requirement(table="orders", optional=True),
        Requirement(table="order_lines", optional=True),
    )


FAMILY = Family(
    name="accounts",
    title="Accounts",
    question="Does this customer's account belong to a group that one hand uses, and how likely is fraud from it?",
    mode="table",
    parameters=AccountsParameters,
    answer=AccountsAnswer,
    baseline=baseline,
    # Suspicions about a customer are no words to them.
    confidential=True,
    requirements=requirements,
    gates=(
        Gate(metric="ap", better="higher", margin_to_champion=0.03, margin_to_floors=0.02),
        # A hold-out has some dozens of frauds: by how much AUC varies there is no reason to reject.
        Gate(metric="auc", better="higher", bound=0.6, margin_to_champion=0.05, margin_to_floors=0.05),
    ),
    primary_metric="ap",
    schedule="cron(0 4 ? * * *)",
)
