"""`shopkeeper chart`: a product's history from the lake and its forecast from the API, in one file."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from cli import sold
from commerce.scores import ProductAnswer
from tests.cli.demand_fixtures import MONDAY, forecast


@pytest.fixture
def lake(monkeypatch):
    """What `sold.history` is asked for, as no bucket is there."""
    asked = []
    monkeypatch.setattr("lake.Lake.open", lambda where: where)
    monkeypatch.setattr("cli.environment.Environment.lake", "the lake", raising=False)

    def history(*given):
        asked.append(given)
        return {MONDAY - timedelta(weeks=k): 10.0 for k in range(5, 0, -1)}

    monkeypatch.setattr(sold, "history", history)
    return asked


def says(api):
    found = ProductAnswer(
        product_id="tea", generated_at="2018-01-01T09:30:00Z", answer=forecast().model_dump(mode="json")
    )
    api.says("GET /v1/forecasts/tea", found)


def test_the_chart_is_written_with_the_history_before_the_forecast(api, run, lake, tmp_path):
    # GIVEN a product's forecast
    says(api)
    # WHEN its chart is asked for
    shown = run("chart", "tea", tmp_path / "fan.svg")
    # THEN the file is SVG, and the history is that of the forecast's place and weeks
    assert shown.exit_code == 0, shown.output
    assert ElementTree.parse(tmp_path / "fan.svg").getroot().tag.endswith("svg")  # noqa: S314 (our own file)
    assert lake == [("the lake", "tea", "*", date(2018, 1, 1), "week")]


def test_a_location_that_is_not_forecast_is_wrong_usage(api, run, lake, tmp_path):
    # GIVEN a forecast of the whole shop
    says(api)
    # WHEN a store is asked for
    refused = run("chart", "tea", tmp_path / "fan.svg", "--location", "north")
    # THEN the exit code says so with what there is, and nothing is written
    assert refused.exit_code == 2 and "'north'" in refused.stderr
    assert not (tmp_path / "fan.svg").exists()
