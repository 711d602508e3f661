"""What exposures teach beyond purchases: taken where it tells more, and only there."""

import numpy as np
import pandas as pd
import pytest

from training.recommendations import response

FEATURES = ("liked", "noise")


def odds(chance):
    return np.log(chance / (1 - chance))


def exposures(rng, customers=400, *, moved=2.0, place_effect=-1.0, propensity=1.0):
    """(rows, the rankers' chances): ten products a customer; showing moves the log-odds of some by `moved`."""
    n = customers * 10
    ranked = rng.uniform(0.05, 0.4, n)
    liked = rng.integers(0, 2, n).astype(float)
    place = np.tile(np.arange(1.0, 11.0), customers)
    true = odds(ranked) - 0.5 + moved * liked + place_effect * (np.log2(1 + place) - 1)
    rows = pd.DataFrame(
        {
            "entity_id": np.repeat([f"c{i}" for i in range(customers)], 10),
            "liked": liked,
            "noise": rng.normal(size=n),
            "place": place,
            "propensity": propensity,
            "taken": (rng.random(n) < 1 / (1 + np.exp(-true))).astype(float),
        }
    )
    return rows, ranked


def test_what_showing_does_beyond_the_rankers_is_learned():
    # GIVEN exposures where customers take products of one kind that the rankers know nothing of
    rows, ranked = exposures(np.random.default_rng(1))
    # WHEN learned from
    learned, metrics = response.learn(rows, ranked, FEATURES, 0)
    # THEN products of that kind get the larger chances
    assert learned is not None
    assert metrics["shown_log_loss"] < metrics["shown_log_loss_line"]
    same = pd.DataFrame({"liked": [0.0, 1.0], "noise": [0.0, 0.0]})
    low, high = learned.chances(same, np.array([0.2, 0.2]))
    assert odds(high) - odds(low) == pytest.approx(2.0, abs=0.5)


def test_the_chances_are_those_of_the_first_place():
    # GIVEN exposures whose later places are taken less, however good the product
    rows, ranked = exposures(np.random.default_rng(2), customers=1500)
    # WHEN learned from
    learned, _ = response.learn(rows, ranked, FEATURES, 0)
    # THEN a product that was only ever asked about at place 1 gets what place 1 gives
    assert learned is not None
    (chance,) = learned.chances(pd.DataFrame({"liked": [0.0], "noise": [0.0]}), np.array([0.3]))
    assert odds(chance) == pytest.approx(odds(0.3) - 0.5, abs=0.35)


def test_exposures_that_tell_nothing_more_change_nothing():
    # GIVEN exposures that are taken as the rankers say
    rows, ranked = exposures(np.random.default_rng(3), moved=0.0)
    # WHEN learned from
    learned, metrics = response.learn(rows, ranked, FEATURES, 0)
    # THEN nothing is, and the comparison says so
    assert learned is None
    assert metrics["shown_gain_z"] <= 1


def test_too_few_exposures_are_counted_and_no_more():
    # GIVEN a handful
    rows, ranked = exposures(np.random.default_rng(4), customers=5)
    # WHEN learned from
    learned, metrics = response.learn(rows, ranked, FEATURES, 0)
    # THEN nothing is learned or compared
    assert learned is None
    assert metrics == {"shown": 50.0, "taken": rows["taken"].sum()}


def test_rows_that_were_not_shown_teach_nothing():
    # GIVEN candidates of which some were shown
    rows, ranked = exposures(np.random.default_rng(5))
    others = rows.assign(liked=1 - rows["liked"], place=np.nan, propensity=np.nan, taken=np.nan)
    both = pd.concat([rows, others], ignore_index=True)
    # WHEN learned from with and without the others
    alone, _ = response.learn(rows, ranked, FEATURES, 0)
    beside, _ = response.learn(both, np.concatenate([ranked, ranked]), FEATURES, 0)
    # THEN both say the same
    assert alone is not None
    assert beside is not None
    np.testing.assert_array_equal(alone.chances(rows, ranked), beside.chances(rows, ranked))


def test_a_frame_without_columns_of_exposures_teaches_nothing():
    # GIVEN rows as an older prepare wrote them
    rows, ranked = exposures(np.random.default_rng(6), customers=5)
    # WHEN learned from
    learned = response.learn(rows.drop(columns=list(response.COLUMNS)), ranked, FEATURES, 0)
    # THEN nothing is
    assert learned == (None, {})


def test_what_chance_showed_weighs_more_up_to_twice():
    # GIVEN products shown for certain, nearly so, and by a small chance
    rows, ranked = exposures(np.random.default_rng(7), customers=1)
    rows["propensity"] = [1.0] * 4 + [0.8] * 4 + [0.01] * 2
    # WHEN they are weighed
    told = response._Told.of(rows, ranked, FEATURES, response.MOST_WEIGHT)
    # THEN by one over the propensity, within bounds
    assert told.weight.tolist() == [1.0] * 4 + [1.25] * 4 + [2.0] * 2


def test_what_was_saved_says_the_same(tmp_path):
    # GIVEN a response
    rows, ranked = exposures(np.random.default_rng(8))
    learned, _ = response.learn(rows, ranked, FEATURES, 0)
    assert learned is not None
    # WHEN it is saved and read back
    learned.save(tmp_path)
    again = response.Response.load(tmp_path)
    # THEN it gives the same chances, and a folder without one gives none
    assert again is not None
    np.testing.assert_array_equal(again.chances(rows, ranked), learned.chances(rows, ranked))
    assert response.Response.load(tmp_path / "nothing") is None
