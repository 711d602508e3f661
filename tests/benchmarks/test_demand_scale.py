"""The shops of any size that growth is measured on, and the growth."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks._demand_scale_shop import AT_ONCE, DAYS, Originals, panel, write
from benchmarks.demand_scale import exponent

ORIGINALS = Originals(daily=np.full((3, DAYS + 70), 10.0), monthly=np.full((3, 51), 0.5))


def test_every_second_product_sells_seldom():
    # GIVEN originals that sell ten a day, and half a unit a month
    # WHEN products are made of them
    days_sold = (panel(ORIGINALS, 200, np.random.default_rng(0)) > 0).mean(axis=1)
    # THEN even ones sell nearly daily and odd ones on few days
    assert days_sold[::2].min() > 0.9
    assert days_sold[1::2].max() < 0.1


def test_a_shop_has_one_line_per_product_and_day_with_demand(tmp_path):
    # GIVEN more products than are made at once
    products = AT_ONCE + 2
    # WHEN their lines are written
    rows = write(ORIGINALS, products, tmp_path / "lines.parquet", seed=0)
    # THEN there is a line for each product and day, of something sold
    lines = pq.read_table(tmp_path / "lines.parquet").to_pandas()
    assert len(lines) == rows
    assert not lines.duplicated(["product_id", "ordered_at"]).any()
    assert (lines["quantity"] > 0).all()
    assert f"p{AT_ONCE:06d}" in set(lines["product_id"])


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_the_power_that_seconds_grow_with(power):
    # GIVEN seconds that grow with a power of the products
    products = [1_000, 10_000, 100_000]
    # WHEN the exponent is read off them
    found = exponent(products, [3.0 * count**power for count in products])
    # THEN it is that power
    assert found == pytest.approx(power)
