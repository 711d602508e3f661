"""The demo's report as a page."""

from datetime import date

import pytest

from cli.report.model import DemoReport, Worth
from cli.report.page import comparison, render
from commerce.evaluation import Evaluation, Interval
from commerce.families import family
from commerce.readiness import Finding, Readiness, TableFacts


@pytest.fixture
def report():
    day = date(2018, 1, 1)
    evaluation = Evaluation(
        family="churn",
        as_of=day,
        holdout_as_of=date(2017, 12, 18),
        holdout_rows=100,
        metrics={"candidate": {"auc": 0.8, "brier": 0.15}, "recency": {"auc": 0.7, "brier": 0.2}},
        intervals={"candidate": {"auc": Interval(low=0.78, high=0.82)}},
        curves={"calibration": [{"predicted": 0.1, "observed": 0.12, "rows": 50.0}]},
    )
    finding = Finding(severity="warning", check="orphaned", table="order_lines", message="5 rows name no product")
    readiness = Readiness(
        family="churn", as_of=day, ready=True, findings=[finding], facts=[TableFacts(table="orders", rows=12345)]
    )
    return DemoReport(
        shop="A shop",
        as_of=day,
        currency="EUR",
        family=family("churn"),
        loaded={"orders": 12345, "promotions": 678},
        load_seconds=1.0,
        readiness=readiness,
        ending="Released",
        reasons=["auc 0.8000 must be at least 0.6000 (bound)"],
        retrain_seconds=2.0,
        run_id="20180101-abcdef",
        evaluation=evaluation,
        scored=100,
        by_source={"model": 99, "baseline": 1},
        worth_keeping=[Worth("<script>alert(1)</script>", 0.5, 200.0, ["no order for 74 days"])],
        api_request="GET /v1/customers/1/scores",
        api_answer={"customer_id": "1"},
        cost={"totals": [{"what": "a month, idle", "usd": 16.58}], "source": "list prices"},
        next_commands=[("make up", "keep it running")],
        total_seconds=3.0,
    )


def test_what_comes_from_the_shops_files_is_escaped(report):
    # GIVEN a customer whose id is markup
    # WHEN the page is made
    page = render(report)
    # THEN the markup is text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_needs_nothing_from_elsewhere(report):
    # GIVEN a report
    # WHEN the page is made
    page = render(report)
    # THEN it loads no script, style, font or image
    assert not any(word in page for word in ("src=", "href=", "@import", "url("))


def test_contenders_stand_in_order_of_merit(report):
    # GIVEN one metric that should be high and one that should be low
    # WHEN the comparison is made
    groups = {group["metric"]: [row["name"] for row in group["rows"]] for group in comparison(report)}
    # THEN the better one comes first in both
    assert groups == {"auc": ["candidate", "recency"], "brier": ["candidate", "recency"]}
