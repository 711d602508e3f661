"""What the families that decide have of their own to learn with."""

import pytest

from training.registry import model_family


@pytest.mark.parametrize(("frauds", "gain"), [(30, 1.0), (300, 2.0), (600, 4.0), (100_000, 4.0)])
def test_the_more_frauds_are_known_the_more_a_split_of_payments_has_to_gain(frauds, gain):
    # GIVEN so many frauds to learn from
    # WHEN the settings are asked for
    found = model_family("fraud").trees(frauds)
    # THEN a split has to gain in proportion, within bounds
    assert found["min_gain_to_split"] == gain
