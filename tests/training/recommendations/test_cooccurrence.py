"""Candidates that the engine finds are those of item-kNN in memory."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.keeping import keeping
from training.recommendations import candidates, cooccurrence
from training.recommendations.candidates import Known, Limits

KEYS = ["customer_id", "product_id"]
ALL = 1000
seeds = st.integers(0, 10_000)
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def purchases(seed: int) -> pd.DataFrame:
    """`buy_again.purchases` of a few customers and products, some popular, some bought by one customer alone."""
    rng = np.random.default_rng(seed)
    lines = int(rng.integers(1, 250))
    return (
        pd.DataFrame(
            {
                "customer_id": [f"c{i}" for i in rng.integers(1 + lines // 8, size=lines)],
                "product_id": [f"p{int(i):02d}" for i in 25 * rng.random(lines) ** 2],
                "age": rng.integers(90, size=lines),
            }
        )
        .drop_duplicates(ignore_index=True)
        .assign(units=1.0, visit=0)
    )


def spread(bought: pd.DataFrame, limits: Limits, **more) -> pd.DataFrame:
    with keeping() as hold:
        return cooccurrence.candidates(ibis.memtable(bought), limits, hold, **more).to_pandas()


def in_memory(bought: pd.DataFrame, **limits: int) -> pd.DataFrame:
    return candidates.candidates(bought, Limits(**limits, method="cosine"))


def worth(found: pd.DataFrame, bought: pd.DataFrame, limits: Limits) -> pd.Series:
    """What candidates are chosen by: how much was bought of own ones, affinity × trend of new ones."""
    known = Known.of(bought, limits)
    row, column = (np.searchsorted(ids, found[k]) for ids, k in ((known.customers, KEYS[0]), (known.products, KEYS[1])))
    decayed = np.asarray(known.decayed[row, column]).ravel()
    return found["affinity"] * known.trend[column] * (decayed == 0) + decayed


@given(seeds)
@few
def test_affinities_are_those_in_memory(seed):
    # GIVEN random purchases and everybody's affinity for everything
    bought = purchases(seed)
    every = in_memory(bought, own=ALL, new=ALL).set_index(KEYS)
    # WHEN the engine finds candidates
    found = spread(bought, Limits(own=ALL, new=ALL, popular=2)).set_index(KEYS)
    # THEN each has the affinity and the newness it has in memory, and none above 0 is missing
    same = every.loc[found.index]
    np.testing.assert_allclose(found["affinity"], same["affinity"], rtol=1e-6, atol=1e-6)
    assert (found["new"] == same["new"]).all()
    assert (every.drop(found.index)[["affinity", "new"]].to_numpy() == [0, 1]).all()


@given(seeds)
@few
def test_the_strongest_own_and_new_ones_are_chosen(seed):
    # GIVEN random purchases
    bought, limits = purchases(seed), Limits(own=2, new=3, popular=0)
    every = in_memory(bought, own=2, new=3, popular=0)
    expected = every[(every["new"] == 0) | (every["affinity"] > 0)]
    # WHEN the engine finds candidates
    found = spread(bought, limits)
    # THEN each customer's are worth what those in memory are: the same ones, or others that tie
    one, two = (
        frame.assign(worth=worth(frame, bought, limits)).sort_values(["customer_id", "new", "worth"], ignore_index=True)
        for frame in (found, expected)
    )
    assert one[["customer_id", "new"]].equals(two[["customer_id", "new"]])
    np.testing.assert_allclose(one["worth"], two["worth"], rtol=1e-6, atol=1e-6)


@given(seeds)
@few
def test_popular_products_are_those_in_memory(seed):
    # GIVEN random purchases
    bought = purchases(seed)
    # WHEN only own and popular products are asked for
    one, two = spread(bought, Limits(own=ALL, new=0, popular=3)), in_memory(bought, own=ALL, new=0, popular=3)
    # THEN they are the same
    columns = [*KEYS, "new"]
    one, two = (frame[columns].sort_values(KEYS, ignore_index=True) for frame in (one, two))
    pd.testing.assert_frame_equal(one, two, check_dtype=False)


def test_each_product_keeps_its_nearest_only():
    # GIVEN customers × products, each bought once
    rng = np.random.default_rng(0)
    matrix = rng.random((30, 12)) * (rng.random((30, 12)) < 0.5)
    customer, product = np.nonzero(matrix)
    pairs = pd.DataFrame({"customer": customer, "product": product, "decayed": matrix[customer, product] ** 2})
    # WHEN their four nearest are asked for
    with keeping() as hold:
        found = cooccurrence.neighbours(ibis.memtable(pairs), hold, 4).to_pandas()
    # THEN they are the largest cosines
    unit = matrix / np.linalg.norm(matrix, axis=0)
    cosine = unit.T @ unit - np.eye(12)
    kept = np.zeros_like(cosine)
    kept[found["product"], found["other"]] = found["cosine"]
    np.testing.assert_allclose(kept, np.where(cosine >= np.sort(cosine)[:, [-4]], cosine, 0), atol=1e-12)


def test_a_bulk_buyer_speaks_by_what_they_buy_most():
    # GIVEN one who bought four products, two of them lately, and others who bought one of them each
    rows = [("bulk", "a", 1), ("bulk", "b", 2), ("bulk", "c", 60), ("bulk", "d", 70), ("x", "a", 5), ("y", "c", 5)]
    bought = pd.DataFrame(rows, columns=["customer_id", "product_id", "age"]).assign(units=1.0, visit=0)
    # WHEN a customer's two strongest products meet
    found = spread(bought, Limits(popular=0), longest=2)
    # THEN those two go together, the others with nothing, and the bulk buyer still has all four
    pairs = found[found["new"] == 1][KEYS].to_numpy().tolist()
    assert pairs == [["x", "b"]]
    assert sorted(found[found["customer_id"] == "bulk"]["product_id"]) == ["a", "b", "c", "d"]


def test_only_those_asked_for_have_candidates_learned_from_all():
    # GIVEN random purchases
    bought, limits = purchases(1), Limits(own=3, new=3, popular=2)
    asked = bought["customer_id"].unique()[:2]
    # WHEN two customers are asked for
    found = spread(bought, limits, only=ibis.memtable({"customer_id": asked}))
    # THEN they have what they have when everybody is
    every = spread(bought, limits)
    expected = every[every["customer_id"].isin(asked)]
    one, two = (frame.sort_values(KEYS, ignore_index=True) for frame in (found, expected))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("bought", [[], [("a", "milk")]])
def test_nobody_and_one_customer(bought):
    # GIVEN a shop of nobody, or of one customer of one product
    frame = pd.DataFrame(bought, columns=KEYS).astype(object)
    frame = frame.assign(age=pd.Series([2] * len(bought), dtype="int64"), units=1.0, visit=0)
    table = ibis.memtable(
        frame, schema={**dict.fromkeys(KEYS, "string"), "age": "int64"} | {"units": "float64", "visit": "int64"}
    )
    # WHEN candidates are found
    with keeping() as hold:
        found = cooccurrence.candidates(table, Limits(), hold).to_pandas()
    # THEN there is what was bought
    assert found[[*KEYS, "affinity", "new"]].to_numpy().tolist() == [[*pair, 0.0, 0] for pair in bought]
