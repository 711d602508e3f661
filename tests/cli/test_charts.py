"""Charts: what stands where, and SVG that is well-formed and escaped."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.charts.axes import HEIGHT, WIDTH, Axis
from cli.charts.curves import cost_by_service, coverage, error_by_level, error_by_step
from cli.charts.fan import BANDS, fan
from tests.cli.demand_fixtures import forecast, history

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart):
    """The chart's elements; every coordinate of its lines and bands is on it."""
    root = ElementTree.fromstring(chart.svg())  # noqa: S314 (our own text)
    for shape in (*root.iter(f"{SVG}polyline"), *root.iter(f"{SVG}polygon")):
        for point in shape.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT
    return root


def words(root):
    return [text.text for text in root.iter(f"{SVG}text")]


def test_a_fan_has_its_history_its_mean_and_a_band_for_each_pair_of_levels():
    # GIVEN half a year of a product with a name of its own, and a forecast of four weeks
    # WHEN its fan is drawn
    root = drawn(fan("Tea & <milk>", history(), forecast(), "*"))
    # THEN the forecast goes on where the history ends, within the bands
    sold, mean = (line.attrib["points"].split() for line in root.iter(f"{SVG}polyline"))
    assert (len(sold), len(mean), mean[0]) == (26, 5, sold[-1])
    bands = [band.attrib["points"].split() for band in root.iter(f"{SVG}polygon")]
    assert [len(band) for band in bands] == [10] * len(BANDS)
    low, high = (float(band.partition(",")[2]) for band in (bands[0][4], bands[0][5]))
    assert high < float(mean[-1].partition(",")[2]) < low
    assert root.find(f"{SVG}title").text.startswith("Tea & <milk>: units sold a week")


def test_a_product_without_history_has_a_fan_and_an_unknown_location_none():
    # GIVEN a product that never sold
    # WHEN its fan is drawn
    root = drawn(fan("new", {}, forecast(weeks=1), "*"))
    # THEN there is one, and a location that is not forecast is named with those that are
    assert len(list(root.iter(f"{SVG}polygon"))) == len(BANDS)
    with pytest.raises(LookupError, match=r"'north'; there are: \*"):
        fan("new", {}, forecast(), "north")


def test_coverage_stands_beside_the_diagonal_and_errors_by_step_from_zero():
    # GIVEN what a hold-out gave
    # WHEN both are drawn
    reached = drawn(coverage([{"level": 0.1, "covered": 0.2}, {"level": 0.9, "covered": 0.8}]))
    errors = drawn(error_by_step([{"step": 1.0, "error": 0.3}, {"step": 2.0, "error": 0.4}], "week"))
    # THEN the levels that are missed lie off the diagonal, and steps are numbered
    diagonal, ours = (line.attrib["points"].split() for line in reached.iter(f"{SVG}polyline"))
    (x0, y0), (x1, y1) = ((float(v) for v in point.split(",")) for point in diagonal)
    xs, ys = zip(*((float(v) for v in point.split(",")) for point in ours), strict=True)
    on_line = [y0 + (y1 - y0) * (x - x0) / (x1 - x0) for x in xs]
    assert ys[0] < on_line[0] and ys[1] > on_line[1]
    assert {"1", "2", "0 %", "weeks ahead"} <= set(words(errors))


def test_errors_by_level_are_named_from_the_shop_down_and_rise_from_zero():
    # GIVEN a shop without stores
    numbers = {0.0: 0.05, 6.0: 0.1, 3.0: 0.2, 5.0: 0.4}
    points = [{"level": number, "error": error} for number, error in numbers.items()]
    # WHEN they are drawn
    root = drawn(error_by_level(points))
    # THEN each level that there is has its name and a bar of its height
    shown = [word for word in words(root) if word in ("shop", "region", "store", "category", "lowest")]
    assert shown == ["shop", "region", "category", "lowest"]
    bars = [[point.split(",") for point in bar.attrib["points"].split()] for bar in root.iter(f"{SVG}polyline")]
    heights = [float(low[1]) - float(high[1]) for low, high in bars]
    assert heights == pytest.approx([heights[3] * share for share in (1 / 8, 1 / 4, 1 / 2, 1)], abs=0.2)
    assert all(low[0] == high[0] for low, high in bars)


def test_cost_against_service_has_a_curve_for_each_policy_in_order_of_service():
    # GIVEN points of two policies, not in order
    ours = [{"service": 0.98, "cost": 140.0}, {"service": 0.9, "cost": 100.0}]
    # WHEN they are drawn
    root = drawn(cost_by_service({"ours": ours, "(s,S)": [{"service": 0.9, "cost": 130.0}]}, "ours", "USD"))
    # THEN the curve runs to the right and up, and each policy is named
    points = next(root.iter(f"{SVG}polyline")).attrib["points"].split()
    (x0, y0), (x1, y1) = ((float(v) for v in point.split(",")) for point in points)
    assert x0 < x1 and y0 > y1
    assert {"ours", "(s,S)", "cost, USD"} <= set(words(root))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_in_order_and_within_the_axis(low, extent):
    # GIVEN any axis
    axis = Axis.across([low, low + extent])
    # WHEN its ticks are asked for
    ticks = axis.ticks()
    # THEN there are some, in order, on it
    places = [tick.at for tick in ticks]
    assert 1 <= len(ticks) <= 6 and places == sorted(places)
    assert all(axis.start - 0.1 <= place <= axis.end + 0.1 for place in places)
    assert len({tick.text for tick in ticks}) == len(ticks)
