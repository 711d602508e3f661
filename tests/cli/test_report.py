"""The demo's report, as a page and on the terminal."""

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from cli.report import plots, terminal
from cli.report.model import ChurnReport, DemoReport, Worth
from cli.report.page import render
from commerce.evaluation import Evaluation, Interval
from commerce.families import family
from commerce.families.demand.responses import Drivers
from commerce.readiness import Finding, Readiness, TableFacts
from tests.cli.campaign_fixtures import campaign_report, facts, mail, result
from tests.cli.demand_fixtures import demand_report
from tests.cli.fraud_fixtures import fraud_report
from tests.cli.recommendation_fixtures import answer, learnt, recommendations_report, shelf


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
    churn = ChurnReport(
        learnt=learnt(
            family=family("churn"), reasons=["auc 0.8000 must be at least 0.6000 (bound)"], evaluation=evaluation
        ),
        readiness=readiness,
        scored=100,
        by_source={"model": 99, "baseline": 1},
        worth_keeping=[Worth("<script>alert(1)</script>", 0.5, 200.0, ["no order for 74 days"])],
        first_customer="1",
        api_request="GET /v1/customers/1/scores",
        api_answer={"customer_id": "1"},
    )
    return DemoReport(
        shop="A shop",
        as_of=day,
        currency="EUR",
        loaded={"orders": 12345, "promotions": 678},
        load_seconds=1.0,
        churn=churn,
        recommendations=recommendations_report(),
        demand=demand_report(),
        campaign=None,
        fraud=None,
        cost={
            "totals": [{"what": "a month, idle", "usd": 16.58}],
            "lines": [],
            "source": "list prices",
            "currency": "USD",
        },
        next_commands=[("make up", "keep it running")],
        total_seconds=3.0,
    )


@pytest.fixture
def with_campaign(report):
    return replace(report, campaign=campaign_report())


def test_what_comes_from_the_shops_files_is_escaped(report):
    # GIVEN a customer whose id is markup
    # WHEN the page is made
    page = render(report)
    # THEN the markup is text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_needs_nothing_from_elsewhere(with_campaign):
    # GIVEN a report with a letter in it
    # WHEN the page is made
    page = re.sub(r'srcdoc="[^"]*"', "", render(with_campaign))
    # THEN outside the letter it loads no script, style, font or image, and its policy lets the letter load none
    assert not any(word in page for word in ("src=", "href=", "@import", "url("))
    assert "default-src 'none'" in page


def test_contenders_stand_in_order_of_merit(report):
    # GIVEN one metric that should be high and one that should be low
    # WHEN the comparison is made
    groups = {gate.metric: [bar.name for bar in bars] for gate, bars in plots.bars(report.churn.learnt)}
    # THEN the better one comes first in both
    assert groups == {"auc": ["candidate", "recency"], "brier": ["candidate", "recency"]}


def test_bars_and_their_intervals_lie_on_the_track():
    # GIVEN a candidate whose interval reaches above every value, and one that goes below zero
    high, low = Interval(low=0.2, high=0.9), Interval(low=-0.1, high=0.1)
    given_ = learnt().evaluation.model_copy(
        update={"intervals": {"candidate": {"ndcg_at_10": high}, "popularity": {"ndcg_at_10": low}}}
    )
    # WHEN the bars are made
    ((_, bars), *_) = plots.bars(learnt(evaluation=given_))
    # THEN each stands at its share of the largest number, within the track
    assert all(0 <= bar.low <= bar.high <= 1 and 0 <= bar.length <= 1 for bar in bars)
    assert bars[0].high == 1.0
    assert bars[-1].low == 0.0


def test_a_household_is_shown_by_names_with_reasons_and_who_answered(report, capsys):
    # GIVEN a basket, and an answer of the model and one of the baseline
    # WHEN it is shown both ways
    page = render(report)
    terminal.show(report)
    told = " ".join(capsys.readouterr().out.split())
    # THEN names stand in both, and reason, day and what tells two of a name apart on the page
    for words in ("TEA", "OAT MILK", "For you", "Buy again", "model 3", "baseline", "41"):
        assert words in page
        assert words in told
    for words in ("you buy it about every 9 days", "due 2018-01-05", "Private, 1 GA"):
        assert words in page


def test_products_of_one_name_are_counted_on_the_terminal(report, capsys):
    # GIVEN a basket with two teas
    # WHEN the summary is printed
    terminal.show(report)
    # THEN the name stands once
    assert "TEA (2); OAT MILK" in capsys.readouterr().out


def test_names_of_products_are_text_both_ways(report, capsys):
    # GIVEN a product whose name is markup of a page and of a terminal
    name = "<b>[red]tea[/nothing]"
    shown = recommendations_report(shelves=[shelf(answer(name=name))])
    # WHEN it is shown both ways
    page = render(replace(report, recommendations=shown))
    terminal.show(replace(report, recommendations=shown))
    # THEN neither takes it for markup
    assert html.escape(name) in page and name not in page
    assert "[red]tea[/nothing]" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["Rejected", "RolledBack", "NotReady"])
def test_it_is_told_that_nothing_was_released(report, capsys, ending):
    # GIVEN a family that was not released, or had no data to be judged on, and a baseline that knows nothing
    evaluation = None if ending == "NotReady" else learnt().evaluation
    told = shelf(answer(source="baseline", version=None, items=[], note="nothing was published"))
    without = recommendations_report(
        learnt=learnt(ending=ending, reasons=["it may not"], evaluation=evaluation), shelves=[told]
    )
    # WHEN it is shown both ways
    page = render(replace(report, recommendations=without))
    terminal.show(replace(report, recommendations=without))
    printed = capsys.readouterr().out
    # THEN both say so, why on the page, and what is answered instead
    assert "No new version was released" in page
    assert f"{ending}, so nothing new was released" in printed
    assert "it may not" in page
    for shown in (page, printed):
        assert "nothing was published" in shown
        assert ("ndcg_at_10" in shown) == (evaluation is not None)


def test_without_a_campaign_the_report_says_nothing_of_one(report, capsys):
    # GIVEN a demo whose models were not released, so that no shelves were simulated either
    report = replace(report, demand=demand_report(stock=None))
    # WHEN it is shown both ways
    terminal.show(report)
    page = render(report)
    # THEN neither speaks of letters
    assert "imulated" not in page.split("</style>")[1]
    assert "imulated" not in capsys.readouterr().out


def test_the_letter_is_shown_where_it_can_do_nothing(with_campaign):
    # GIVEN a letter with a script, and a quote that could end an attribute
    letter = mail(html='<p title="x">"><script>top.location="https://evil.example"</script></p>')
    # WHEN the page is made
    page = render(replace(with_campaign, campaign=campaign_report(letter=letter)))
    # THEN it stands whole in frames without any permission, and nowhere else
    frames = re.findall(r'<iframe class="(?:wide|narrow)" sandbox title="[^"]*" srcdoc="([^"]*)">', page)
    assert [html.unescape(frame).strip() for frame in frames] == [letter.html.strip()] * 2
    assert "<script>" not in page


def test_the_measured_effect_stands_beside_the_simulated_truth(with_campaign, capsys):
    # GIVEN a measured effect of 9 points [3, 15] and a true one of 10
    # WHEN it is shown both ways
    page, _ = render(with_campaign), terminal.show(with_campaign)
    told = capsys.readouterr().out
    # THEN both name the two, and say that the replies are simulated
    for words in ("+9.0 (+3.0 to +15.0)", "+10.0"):
        assert words in page
        assert words in told
    assert "Simulated." in page
    assert "Simulated replies" in told


def test_a_truth_outside_the_interval_is_said_to_be(with_campaign):
    # GIVEN revenue measured as 3 [-2, 8]
    far = campaign_report(truth=replace(campaign_report().truth, revenue=20.0))
    # WHEN its rows are made
    rows = {row.title.split(",")[0]: row for row in plots.rows(far)}
    # THEN conversion is inside and revenue is not, and every mark lies in the picture
    assert (rows["conversion"].covered, rows["revenue"].covered) == (True, False)
    for row in rows.values():
        assert all(0 < at < plots.WIDTH for at in (row.low, row.middle, row.high, row.true, row.zero))
        assert row.low < row.middle < row.high


def test_a_campaign_without_anybody_to_compare_with_is_shown(with_campaign):
    # GIVEN a measurement without effects
    empty = campaign_report(result=result(effects=[], history=[]), preview=facts(detectable=[], arms={}))
    # WHEN the page is made
    # THEN it stands without plots
    assert empty.comparisons == []
    assert "did it help?" in render(replace(with_campaign, campaign=empty))


def test_a_forecast_is_drawn_with_what_a_plan_would_change_and_the_stock_actions(report):
    # GIVEN a report with a forecast, whose product's name has a tag in it
    # WHEN the page is made
    page = render(report)
    # THEN fan, curves and the policies' costs are drawn, plan and simulated shelves told, and no name is HTML
    assert page.count("<svg xmlns") == 5
    assert "moving average: 95.0% met" in page
    assert f"{report.demand.planned.units:+.1f} units" in page
    assert "Simulated: shelves of 5 products" in page and "order 48" in page
    assert "<b>MILK" not in page and "OAT &lt;b&gt;MILK" in page


def test_where_nothing_is_known_of_plans_and_no_stock_was_decided_the_page_says_so(report):
    # GIVEN a forecast of the baseline, after demand was rejected
    demand = demand_report(drivers=Drivers(), stock=None)
    demand = replace(demand, learnt=replace(demand.learnt, ending="Rejected", evaluation=None))
    # WHEN the page is made
    page = render(replace(report, demand=demand))
    # THEN there is a fan alone, and no number is made up
    assert page.count("<svg xmlns") == 1
    assert "What a display or a discount would change is not known" in page
    assert "Simulated: shelves" not in page


def test_the_terminal_tells_the_plan_and_the_stock_actions(report, capsys):
    # GIVEN the report
    # WHEN it is printed
    terminal.show(report)
    told = " ".join(capsys.readouterr().out.split())
    # THEN the forecast with and without the plan and the actions are in it
    assert "without" in told and "planned" in told
    assert report.demand.stock.actions[0].reason in told and "31.40 USD" in told


@pytest.mark.parametrize("ending", ["Released", "Rejected"])
def test_a_week_of_payments_is_said_to_be_simulated(report, capsys, ending):
    # GIVEN a week of decisions, by a model or by the rules alone
    made = fraud_report(learnt=replace(fraud_report().learnt, ending=ending))
    # WHEN it is shown both ways
    page = render(replace(report, demand=None, fraud=made))
    terminal.show(replace(report, demand=None, fraud=made))
    printed = " ".join(capsys.readouterr().out.split())
    # THEN both say so, with what it came to, and the page has reasons, truth and a plot
    assert "<b>Simulated.</b>" in page and "6 payments of &lt;nobody&gt;" in page
    assert "Simulated payments, not the grocer's: 6 payments of <nobody>" in printed
    for words in ("2, 2 of them fraud: 305", "474"):
        assert words in page and words in printed
    assert "many payments [within minutes]; 9 payments of this card" in page
    assert "they would have fired 1,200 times, 0 of them at known fraud" in page
    assert "stolen card" in page and page.count("<svg xmlns") == 1
    assert ("the rules alone decided" in page) == (ending == "Rejected")


def test_without_payments_the_report_says_nothing_of_them(report):
    # GIVEN a demo that was asked to leave them out
    # WHEN the page is made
    # THEN there is no such section
    assert "week of payments" not in render(report)
