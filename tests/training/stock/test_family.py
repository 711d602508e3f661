"""A whole run of stock in small, as the container runs it: fed by what demand published, judged by a replay."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from pydantic import TypeAdapter

from commerce.evaluation import CANDIDATE, CHAMPION, Evaluation
from commerce.families import family
from commerce.families.demand.parameters import DemandParameters
from commerce.families.stock.ranking import OVERSTOCK, STOCKOUT, StockAction
from commerce.rankings import Alert, RankingManifest
from commerce.readiness import Readiness
from commerce.scores import StoredScore
from lake import HeldTables, Lake
from tests.training.demand import shop
from tests.training.demand.shop import AS_OF, FIRST, ORIGIN, RATES, SIZES
from tests.training.stock import fed
from tests.training.test_entrypoints import learned, step
from training import artifact
from training.contract import TrainingError
from training.published import WithPublished
from training.stock import FAMILY_MODEL, dates, forecasts
from training.stock.forecasts import Shape

SPEC = family("stock")


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("stock")
    shop.write(root, fed.records())
    return root


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return fed.publish(tmp_path_factory.mktemp("published"))


def prepare(lake, root, upstream, as_of=AS_OF):
    """Run the step; its readiness."""
    values = {"FAMILY": "stock", "AS_OF": as_of.isoformat(), "LAKE": str(lake), "UPSTREAM": json.dumps(upstream)}
    assert step("prepare", root, **{f"SHOPKEEPER_{name}": value for name, value in values.items()}) == 0
    return Readiness.model_validate_json((root / "processing/output/readiness/readiness.json").read_bytes())


@pytest.fixture(scope="module")
def made(lake, published, tmp_path_factory):
    """ML roots by step, of few training dates, judged against itself as champion."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("prepare", "train", "evaluate", "score")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "MOST_DATES", 2)
        assert prepare(lake, roots["prepare"], {"demand": str(published)}).ready
    learned(roots, family="stock", as_of=AS_OF.isoformat(), parameters="{}")
    return roots


@pytest.fixture(scope="module")
def scores(made):
    return made["score"] / "processing/output/scores"


@pytest.fixture(scope="module")
def answers(scores):
    """Advice by product."""
    lines = (scores / "part-00000.jsonl").read_text().splitlines()
    stored = [StoredScore.model_validate_json(line) for line in lines]
    return {one.entity_id: SPEC.answer.model_validate(one.answer) for one in stored}


def test_ours_and_the_simple_policies_are_judged_by_the_same_replay(made):
    # GIVEN
    path = made["evaluate"] / "processing/output/evaluation/evaluation.json"
    # WHEN
    evaluation = Evaluation.model_validate_json(path.read_bytes())
    # THEN each has a cost and a fill rate, the champion is the same model, and the notes say by what it was judged
    assert set(evaluation.metrics) == {CANDIDATE, CHAMPION, "moving_average", "normal"}
    assert evaluation.metrics[CANDIDATE] == evaluation.metrics[CHAMPION]
    for metrics in evaluation.metrics.values():
        assert metrics["cost"] > 0 and 0.5 < metrics["fill_rate"] <= 1 and metrics["stock_days"] > 0
    assert evaluation.intervals[CANDIDATE]["cost"].low < evaluation.metrics[CANDIDATE]["cost"]
    assert any("plain forecasts" in note for note in evaluation.notes)


def test_lead_times_are_learned_by_supplier(made):
    # GIVEN deliveries of two suppliers, of about three and about ten days
    model = artifact.read(made["train"] / "model").model
    # WHEN their middle lead times are read from the artifact
    middle = {name: times[len(times) // 2] for name, times in model.lead_times.by_supplier.items()}
    # THEN they are the suppliers' own
    assert middle == pytest.approx({"dairy": 3, "mill": 10}, abs=1)


def test_every_product_is_advised_on_at_each_place_with_risks_by_week(answers):
    # GIVEN the published advice
    # WHEN its places are looked at
    # THEN they are those that have a forecast and a count, in the shop's money
    assert sorted(answers) == sorted(RATES)
    for answer in answers.values():
        assert {place.location_id for place in answer.locations} == set(SIZES)
        assert (answer.currency, answer.as_of, answer.source) == ("EUR", AS_OF, "model")
        for place in answer.locations:
            assert len(place.risks) == fed.HORIZON
            assert all(a.chance <= b.chance for a, b in pairwise(place.risks))


def test_what_is_nearly_gone_is_ordered_in_packs_and_what_is_too_much_is_not(answers):
    # GIVEN a product that is nearly gone and one of which there is far too much
    gone, full = answers[fed.EMPTY], answers[fed.FULL]
    # WHEN they are advised on
    # THEN the one is ordered now, in whole packs, and the other is overstock
    for place in gone.locations:
        assert place.action == "order" and place.order_quantity > 0 and place.order_quantity % 6 == 0
        assert place.order_by == AS_OF and place.stockout_chance > 0.5
    assert all(place.order_quantity == 0 and place.overstock > 0 for place in full.locations)
    assert "order" in gone.reasons[0].text


def test_the_list_is_in_order_and_tells_the_most_valuable_alerts(scores, answers):
    # GIVEN the list beside the published advice
    manifest = RankingManifest.model_validate_json((scores / "ranking/manifest.json").read_bytes())
    rows = [
        StockAction.model_validate_json(line)
        for part in manifest.parts
        for line in (scores / "ranking" / part.key).read_text().splitlines()
    ]
    alerts = TypeAdapter(list[Alert]).validate_json((scores / "ranking/alerts.json").read_bytes())
    # WHEN it is read
    worth = [row.money_at_stake for row in rows]
    told = {alert.detail_type: alert for alert in alerts}
    # THEN it holds what the advice says, the most money first, and alerts are rows of it
    assert manifest.rows == len(rows) == sum(len(list(SPEC.ranking.rows(p, a))) for p, a in answers.items())
    assert worth == sorted(worth, reverse=True)
    assert {row["product_id"] for row in told[STOCKOUT].rows} >= {fed.EMPTY}
    assert {row["product_id"] for row in told[OVERSTOCK].rows} == {fed.FULL}


def test_golden_requests_are_rows_with_their_own_answers(made):
    # GIVEN
    golden = json.loads((made["evaluate"] / "processing/output/evaluation/golden.json").read_text())
    # WHEN
    places = [(one["instance"]["location_id"], one["answer"]["locations"][0]["location_id"]) for one in golden]
    # THEN
    assert places and all(asked == answered for asked, answered in places)


def test_without_released_forecasts_the_shop_is_not_ready_and_is_told_what_to_do(lake, tmp_path):
    # GIVEN a shop whose demand was never released
    # WHEN stock is prepared
    readiness = prepare(lake, tmp_path, {})
    # THEN it says which family to retrain
    assert not readiness.ready
    assert any("demand" in finding.message and "retrain" in finding.message for finding in readiness.errors)


WEEKS = Shape(DemandParameters(horizon=fed.HORIZON), AS_OF)


@pytest.mark.parametrize(
    ("first_sale", "days", "said"),
    [
        (FIRST, -1, "choose a later as-of date"),
        (FIRST, 7 * fed.HORIZON, "retrain demand"),
        (AS_OF - timedelta(days=8 * fed.HORIZON), 0, "load older orders"),
        (None, 0, "is empty"),
    ],
)
def test_stock_is_not_decided_from_forecasts_made_later_or_over_nor_without_a_past(first_sale, days, said):
    # GIVEN forecasts of three weeks, a day before they were made or after they end, or a short history of sales
    # WHEN stock is to be decided on that day
    # THEN it says what to do instead of guessing
    with pytest.raises(TrainingError, match=said):
        dates.schedule(first_sale, AS_OF + timedelta(days=days), WEEKS)


def test_what_is_judged_lies_wholly_before_the_day_and_after_what_is_learned_from():
    # GIVEN two years of sales
    # WHEN the past is cut
    cut = dates.schedule(FIRST, AS_OF, WEEKS)
    # THEN every horizon ends before the next one begins, and the last before the week of the day
    every = [*cut.train, *cut.holdouts, ORIGIN]
    assert {b - a for a, b in pairwise(every)} == {timedelta(days=7 * fed.HORIZON)}


def test_forecasts_of_the_periods_that_are_left_begin_with_the_days_own(published):
    # GIVEN forecasts made a week before the day
    source = WithPublished(Lake.open(published), {"demand": str(published)})
    # WHEN those ahead are read
    found = forecasts.ahead(source, AS_OF + timedelta(days=7))
    # THEN the week that is over is left out, and the steps count from the day's own week
    assert found["starts_on"].min() == ORIGIN + timedelta(days=7)
    assert found.groupby("product_id")["step"].agg(["min", "max"]).drop_duplicates().to_numpy().tolist() == [[1, 2]]


def test_forecasts_that_are_gone_are_said_to_be(tmp_path):
    # GIVEN the address of a run that retention removed
    source = WithPublished(Lake.open(tmp_path), {"demand": str(tmp_path / "nothing")})
    # WHEN they are asked for
    # THEN it says so
    with pytest.raises(TrainingError, match="is gone"):
        forecasts.shape(source)


def test_of_many_series_some_are_learned_from_with_all_their_steps(lake, published):
    # GIVEN a family that may learn from few rows
    source = WithPublished(HeldTables(Lake.open(lake)), {"demand": str(published)})
    few = type(FAMILY_MODEL)()
    few.most_rows = 7 * fed.HORIZON * dates.MOST_DATES
    # WHEN it is taught at a date
    found = few.taught(source, AS_OF - timedelta(days=100), SPEC.parameters()).to_pandas()
    # THEN it is taught so many series, whole
    assert found.groupby(["entity_id", "location_id"]).size().tolist() == [fed.HORIZON] * 7
