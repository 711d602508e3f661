"""The memory formula grows with what it depends on, and refuses in words what does not fit."""

import dataclasses
import re

import pytest

from training.contract import TrainingError
from training.recommendations.memory import BASE, Size, available, check

SHOP = Size(users=30_000, items=40_000, interactions=800_000, rank=448)


@pytest.mark.parametrize("dimension", ["users", "items", "interactions", "rank"])
def test_more_of_anything_takes_more(dimension):
    # GIVEN a shop with ten times as much of one thing
    larger = dataclasses.replace(SHOP, **{dimension: 10 * getattr(SHOP, dimension)})
    # WHEN both are sized
    # THEN
    assert larger.bytes() > SHOP.bytes() > BASE


def test_what_fits_passes():
    # GIVEN just enough, and this machine with a small shop
    # WHEN they are checked
    # THEN nothing is raised
    check(SHOP, SHOP.bytes())
    check(Size(100, 100, 1000, 10))
    assert available() > BASE


def test_the_refusal_names_a_rank_that_fits():
    # GIVEN a byte too few
    limit = SHOP.bytes() - 1
    # WHEN
    with pytest.raises(TrainingError, match="40,000 items") as refused:
        check(SHOP, limit)
    # THEN the rank it names fits, the next does not
    named = re.search(r"take rank (\d+) at most", str(refused.value))
    assert named is not None
    rank = int(named[1])
    check(dataclasses.replace(SHOP, rank=rank), limit)
    with pytest.raises(TrainingError):
        check(dataclasses.replace(SHOP, rank=rank + 1), limit)


def test_where_no_rank_fits_it_says_so():
    # GIVEN less than the interpreter takes
    # WHEN
    # THEN
    with pytest.raises(TrainingError, match="even without a low-pass"):
        check(SHOP, BASE)
