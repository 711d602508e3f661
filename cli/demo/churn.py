"""From the grocer's files to a score of every household."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import ibis
from ibis import _

from cli import audit, load
from cli.api import scores
from cli.console import Exit, done, fail
from cli.demo.learning import learn
from cli.environment import Environment
from cli.report.model import VALUE_DAYS, ChurnReport, Worth
from commerce.families import family as family_spec
from lake import Lake
from lake.audit import audit as audit_lake
from lake.loaders.report import LoadReport

FAMILY = "churn"
_SHOWN = 10


def loaded(lake: Lake) -> LoadReport:
    """The year, in the lake."""
    report = load.run(lake, "completejourney", None, dry_run=False)
    load.show(report)
    return report


def run(environment: Environment, lake: Lake, as_of: date) -> ChurnReport:
    """Audit, train and release as of a day, and ask for every household's score."""
    spec = family_spec(FAMILY)
    readiness = audit_lake(lake, spec, as_of, spec.parameters())
    audit.show(readiness)
    if not readiness.ready:
        fail(f"the data cannot train {FAMILY}", Exit.NOT_READY)
    learnt = learn(environment, spec, as_of, {})
    spent = _spending(lake, as_of)
    results = scores.batch(environment, list(spent))
    done(f"asked the API for {len(results):,} households")
    first = results[0]["customer_id"]
    return ChurnReport(
        learnt=learnt,
        readiness=readiness,
        scored=len(results),
        by_source=dict(Counter(r["scores"][FAMILY]["source"] for r in results)),
        worth_keeping=_worth_keeping(results, spent),
        first_customer=first,
        api_request=f"GET {environment.api_url}/v1/customers/{first}/scores",
        api_answer=scores.customer(environment, first),
    )


def _spending(lake: Lake, as_of: date) -> dict[str, float]:
    """What each customer with an order in the last year spent in the last `VALUE_DAYS`, in the shop's currency."""
    orders = lake.table("orders", since=as_of - timedelta(days=365), until=as_of - timedelta(days=1))
    recent = _.ordered_at >= ibis.timestamp((as_of - timedelta(days=VALUE_DAYS)).isoformat())
    known = orders.filter(_.customer_id.notnull(), _.status == "completed")
    spent = known.group_by("customer_id").agg(spent=_.total.sum(where=recent).fill_null(0).cast("float64"))
    rows = spent.order_by("customer_id").to_pyarrow().to_pylist()
    return {row["customer_id"]: row["spent"] for row in rows}


def _worth_keeping(results: list[dict[str, Any]], spent: dict[str, float]) -> list[Worth]:
    worth = [
        Worth(
            customer_id=r["customer_id"],
            probability=r["scores"][FAMILY]["probability"],
            spent=spent[r["customer_id"]],
            reasons=[why["text"] for why in r["scores"][FAMILY]["reasons"] if why["contribution"] > 0][:3],
        )
        for r in results
    ]
    return sorted(worth, key=lambda w: w.at_stake, reverse=True)[:_SHOWN]
