"""Of the customers meant: what their letters, the strata and the forecast need."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import datetime

import ibis
import pyarrow as pa
from ibis import _

from campaigns.audience.matching import asked_scores
from campaigns.audience.reach import contacts
from campaigns.audience.scores import Scores
from campaigns.orders import Source, by_customer, day_before
from campaigns.profile import CUSTOMER, YEAR
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.profile import score_fields
from commerce.conditions import Condition


def details(
    plan: CampaignPlan, source: Source, scores: Scores, asked: Condition, ids: pa.ChunkedArray, now: datetime
) -> ibis.Table:
    """One row per customer of `ids`, in their order: columns of `contacts`, `score`, three spends, and each live
    family's answer as JSON text under its name.

    `pre_spend` is money spent in the days before the as-of date, as many as the attribution window has;
    `earlier_spend` in as many days before those.
    """
    days = plan.definition.attribution_days
    found = _with(ibis.memtable(pa.table({CUSTOMER: ids})), contacts(source, now))
    for name, until, since in (("spend_365d", 0, YEAR), ("pre_spend", 0, days), ("earlier_spend", days, 2 * days)):
        spent = by_customer(source, day_before(plan.as_of, until), day_before(plan.as_of, since))
        found = _with(found, spent.select(CUSTOMER, **{name: _.spend})).mutate(**{name: _[name].fill_null(0.0)})
    ranked = ranking(asked, scores)
    if ranked is None:
        found = found.mutate(score=ibis.null("float64"))
    else:
        family, field = ranked
        found = _with(found, scores.fields(family).select(CUSTOMER, score=_[family][field].cast("float64")))
    for family in scores.families:
        found = _with(found, scores.answers(family))
    return found.order_by(CUSTOMER)


def ranking(asked: Condition, scores: Scores) -> tuple[str, str] | None:
    """Family and field of the first number among the scores that the condition asks for, by which strata are made."""
    numbers = {field.path for field in score_fields() if field.kind in ("int", "double")}
    for family, fields in asked_scores(asked).items():
        for field in fields:
            if family in scores.families and f"scores.{family}.{field}" in numbers:
                return family, field
    return None


def _with(found: ibis.Table, more: ibis.Table) -> ibis.Table:
    return found.left_join(more, CUSTOMER).drop(f"{CUSTOMER}_right")
