"""Features that the engine makes: those in memory, as of their day, of those asked for, leaving nothing behind."""

import re
from datetime import UTC, datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.training.recommendations import grocery
from training import frames
from training.contract import ENTITY, TrainingError
from training.recommendations import FAMILY_MODEL, basket_features, capacity, spread, tables
from training.recommendations.candidates import Limits

DAY = grocery.LAST - timedelta(days=28)
LIMITS = Limits(own=20, new=15, popular=5, method="cosine")
PARAMETERS = FAMILY_MODEL.parameters(grocery.PARAMETERS | {"retrieval": "cooccurrence"})
MANY = capacity.Size(customers=1_000_000, products=200_000, parameters=FAMILY_MODEL.parameters({}))


@pytest.fixture(scope="module")
def shop():
    """The grocer's lines before a day, and its catalogue."""
    source = grocery.source()
    lines = basket_features.established(tables.interactions(source, DAY, 730), tables.moment(DAY), 3)
    return lines, tables.attributes(source, DAY)


def test_the_features_are_those_in_memory(shop):
    # GIVEN the grocer, with all candidates, own, new and popular
    lines, levels = shop
    # WHEN the engine makes the features, and the process does
    one, two = (
        make(lines, levels, tables.LEVELS, tables.moment(DAY), LIMITS).set_index(list(basket_features.KEYS))
        for make in (spread.features, basket_features.features)
    )
    # THEN they are the same, but for new products of which nothing but that they fill up speaks
    assert list(one.columns) == list(two.columns)
    assert set(one.index) <= set(two.index)
    filled = two.drop(one.index)
    assert (filled["affinity"] == 0).all() and (filled["new"] == 1).all()
    np.testing.assert_allclose(one.to_numpy(), two.loc[one.index].to_numpy(), rtol=1e-6, atol=1e-6)


def test_the_rows_are_in_the_order_of_their_keys(shop):
    # GIVEN / WHEN
    found = spread.features(*shop, tables.LEVELS, tables.moment(DAY), LIMITS)
    # THEN
    keys = found[list(basket_features.KEYS)]
    assert keys.equals(keys.sort_values(list(basket_features.KEYS), ignore_index=True))


def test_a_shop_without_purchases_has_no_rows(shop):
    # GIVEN no line at all
    lines, levels = shop
    nothing = lines.filter(lines.quantity < 0)
    # WHEN
    found = spread.features(nothing, levels, tables.LEVELS, tables.moment(DAY), LIMITS)
    # THEN
    assert found.empty and tuple(found.columns) == (*basket_features.KEYS, *basket_features.columns(tables.LEVELS))


def test_purchases_after_the_day_change_nothing():
    # GIVEN the grocer's lines up to a day, and all of them
    rows = grocery.records()
    end = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    before = rows | {"order_lines": [r for r in rows["order_lines"] if r["ordered_at"] < end]}
    # WHEN features are made as of the day
    early, late = (frames.known(FAMILY_MODEL, grocery.source(r), DAY, PARAMETERS) for r in (before, rows))
    # THEN they are the same
    pd.testing.assert_frame_equal(early, late)


def test_a_sample_of_customers_is_drawn_by_the_seed(shop):
    # GIVEN the grocer's customers
    lines, _levels = shop
    everybody = set(lines.customer_id.execute())
    # WHEN some are drawn, twice with one seed and once with another
    draws = [set(spread.drawn(lines, 15, seed).customer_id.execute()) for seed in (0, 0, 1)]
    # THEN the seed decides who
    assert draws[0] == draws[1] != draws[2]
    assert {len(draw) for draw in draws} == {15} and draws[0] <= everybody


def test_a_sample_has_the_rows_it_has_among_all():
    # GIVEN a bound on customers
    some = PARAMETERS.model_copy(update={"customers_per_date": 7})
    # WHEN rows to learn from are made
    sample = frames.history(FAMILY_MODEL, grocery.source(), [DAY], some, 0)
    # THEN they are of so many customers, with the candidates and features these have when everybody is asked
    every = frames.known(FAMILY_MODEL, grocery.source(), DAY, some)
    assert sample[ENTITY].nunique() == 7
    expected = every[every[ENTITY].isin(sample[ENTITY].unique())].reset_index(drop=True)
    pd.testing.assert_frame_equal(sample, expected)


def test_nothing_is_left_in_the_engine(shop):
    # GIVEN the tables of the engine
    backend, asked = shop[0].get_backend(), "SELECT table_name FROM duckdb_tables()"
    there = set(backend.raw_sql(asked).fetchall())
    # WHEN features are made
    spread.features(*shop, tables.LEVELS, tables.moment(DAY), LIMITS)
    # THEN none was added
    assert set(backend.raw_sql(asked).fetchall()) == there


def test_on_duckdb_the_shop_may_choose_the_engines_way():
    # GIVEN the setting
    # WHEN parameters are resolved
    # THEN it stays, and nothing was compared
    resolved = FAMILY_MODEL.resolve(grocery.source(), grocery.LAST, PARAMETERS)
    assert (resolved.retrieval, resolved.compared) == ("cooccurrence", {})


def test_the_engines_way_takes_the_memory_of_the_frames_alone():
    # GIVEN a shop of many products
    # WHEN it is sized where the engine finds new products
    found = MANY.spread()
    # THEN products cost nothing, customers do
    more = capacity.Size(MANY.customers, 10 * MANY.products, found.parameters)
    assert more.bytes() == found.bytes() < MANY.bytes()
    assert capacity.Size(2 * MANY.customers, MANY.products, found.parameters).bytes() > 1.9 * found.bytes()


def counted(customers: int, products: int) -> grocery.Tables:
    """Order lines of so many customers and products."""
    n = max(customers, products)
    rows = {
        "customer_id": [f"c{i % customers}" for i in range(n)],
        "product_id": [f"p{i % products}" for i in range(n)],
    }
    frame = pd.DataFrame(rows).assign(ordered_at=pd.Timestamp(DAY), quantity=1.0, kind="sale")
    return grocery.Tables({"order_lines": ibis.memtable(frame)})


def test_a_shop_of_too_many_products_is_sent_to_spark():
    # GIVEN memory for the frames of few customers, and not for many products
    source, parameters = counted(100, 20_000), FAMILY_MODEL.parameters({})
    frames_alone = capacity.Size(100, 20_000, parameters).spread().bytes()
    # WHEN it is checked in memory
    with pytest.raises(TrainingError, match=r'set engine = "spark".*cooccurrence') as refused:
        capacity.check(source, grocery.LAST, parameters, limit=frames_alone)
    # THEN what it promises holds: with that way it passes
    assert re.search(r"leave [\d.]+ GiB to this one", str(refused.value))
    spreading = parameters.model_copy(update={"retrieval": "cooccurrence"})
    capacity.check(source, grocery.LAST, spreading, limit=frames_alone)


def test_spark_is_not_named_where_it_would_not_do():
    # GIVEN less memory than the frames take
    source, parameters = counted(100, 20_000), FAMILY_MODEL.parameters({})
    limit = capacity.Size(100, 20_000, parameters).spread().bytes() - 1
    # WHEN it is checked in memory, and by the engine's way
    for retrieval in (None, "cooccurrence"):
        with pytest.raises(TrainingError, match="larger instance") as refused:
            capacity.check(source, grocery.LAST, parameters.model_copy(update={"retrieval": retrieval}), limit=limit)
        # THEN the refusal says what helps, and that alone
        assert "spark" not in str(refused.value)
