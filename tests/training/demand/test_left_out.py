"""Which series are forecast: those that sell often enough, and are not left out by the shop."""

from __future__ import annotations

import pytest

from lake import Lake
from tests.training.demand import shop
from tests.training.demand.shop import RATES
from training.contract import TrainingError
from training.demand import FAMILY_MODEL


@pytest.mark.parametrize(
    ("settings", "absent"),
    [({"least_share": 0.8}, {"slower", "slow"}), ({"left_out": ["stea", "milk"]}, {"steady", "milk"})],
    ids=["seldom sold", "categories"],
)
def test_what_the_shop_leaves_out_or_hardly_sells_has_no_row(root, settings, absent):
    # GIVEN a shop that leaves out categories, or what sells in few weeks
    parameters = FAMILY_MODEL.parameters({"horizon": 1, **settings})
    # WHEN its features are asked for
    found = FAMILY_MODEL.features(Lake.open(root), shop.AS_OF, parameters).to_pandas()
    # THEN those products alone are missing, and nothing above them has their sales
    products, shops = (found.query(f"members {sign} 0") for sign in ("==", ">"))
    assert set(RATES) - set(products["entity_id"]) == absent
    whole = shops.query("entity_id == 'level:shop' and location_id == '*'")["lag_1"].tolist()
    assert whole == [products["lag_1"].sum()]


def test_a_shop_that_leaves_out_everything_is_told_so(root):
    # GIVEN a shop whose one department is left out
    parameters = FAMILY_MODEL.parameters({"horizon": 1, "left_out": ["food"]})
    # WHEN its features are asked for
    # THEN the error says what to do
    with pytest.raises(TrainingError, match="leave out less"):
        FAMILY_MODEL.features(Lake.open(root), shop.AS_OF, parameters)
