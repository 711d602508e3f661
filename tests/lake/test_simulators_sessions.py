"""Simulated sessions: robots are there, the declared ones plain to see, the others neither by name nor by pace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lake.simulators.agents import BROWSERS, CRAWLERS
from lake.simulators.people import PeopleAssumptions
from lake.simulators.sessions import SessionAssumptions, sessions

ASSUMED = SessionAssumptions(people=PeopleAssumptions(customers=500))
PATTERNS = ("person", "crawler", "scraper", "hoarder")


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    made = sessions(ASSUMED, days=60, seed=5)
    rows = {name: c.to_numpy(zero_copy_only=False) for name, c in zip(*_named(made.tables["sessions"]), strict=True)}
    return {**rows, "pattern": np.array(made.patterns.to_pylist())}


def _named(table: Any) -> tuple[list[str], list[Any]]:
    return table.column_names, table.columns


def of(columns: dict[str, np.ndarray], name: str, pattern: str) -> np.ndarray:
    return columns[name][columns["pattern"] == pattern]


def test_a_declared_crawler_says_so_and_asks_for_pages_alone(columns):
    # GIVEN sessions of declared crawlers
    # WHEN their names and requests are looked at
    # THEN they name themselves, none of the others does, and they ask for pages alone without a referrer
    assert set(of(columns, "user_agent", "crawler")) <= set(CRAWLERS)
    assert set(columns["user_agent"][columns["pattern"] != "crawler"]) <= set(BROWSERS)
    assert of(columns, "html", "crawler").min() == 1
    assert of(columns, "no_referrer", "crawler").min() == 1


def test_a_scraper_waits_as_people_do(columns):
    # GIVEN sessions of slow scrapers and of people, with several requests
    gaps = {p: of(columns, "mean_gap_seconds", p) for p in ("person", "scraper", "crawler")}
    middle = {p: np.nanmedian(g) for p, g in gaps.items()}
    # WHEN their pace is compared
    slower = np.nanmean(gaps["person"] > middle["scraper"])
    # THEN a good part of people is slower than most scrapers, and their pace varies as people's does
    assert slower > 0.15
    assert (
        np.nanmedian(of(columns, "gap_std_seconds", "scraper"))
        > 2
        > np.nanmedian(of(columns, "gap_std_seconds", "crawler"))
    )


def test_a_scraper_comes_from_another_address_each_time(columns):
    # GIVEN sessions of slow scrapers
    addresses = of(columns, "ip", "scraper")
    # WHEN addresses are counted
    # THEN hardly any comes twice, and a good part lies among households
    assert len(set(addresses)) > 0.95 * len(addresses)
    assert np.mean([a.split(".")[1] in {"0", "1", "2", "3", "4"} for a in addresses]) > 0.5


def test_a_scraper_reads_what_few_people_read(columns):
    # GIVEN how rarely people ask for what a session asked for
    # WHEN scrapers and people are compared
    scraper, person = (of(columns, "popularity", p) for p in ("scraper", "person"))
    # THEN scrapers read the rare, though many people do too
    assert np.median(scraper) > np.median(person)
    assert np.mean(person > np.median(scraper)) > 0.03


def test_a_hoarder_posts_to_carts(columns):
    # GIVEN sessions of hoarders and of people
    # WHEN shares of POST are compared
    posts = {p: of(columns, "post", p) * of(columns, "requests", p) for p in ("hoarder", "person")}
    # THEN most hoarders put something into a cart more than once, as some people do
    assert np.mean(posts["hoarder"] > 1.5) > 0.4
    assert 0 < np.mean(posts["person"] > 1.5) < 0.2


def test_no_name_and_no_single_number_finds_the_undeclared(columns):
    # GIVEN people's sessions and those of robots that do not say so
    hidden = np.isin(columns["pattern"], ["scraper", "hoarder"])
    person = columns["pattern"] == "person"
    # WHEN each statistic has a limit that one person in a hundred exceeds, above or below
    recalls = []
    for name in ("requests", "mean_gap_seconds", "html", "images", "no_referrer", "post", "popularity", "bytes"):
        values = np.nan_to_num(columns[name].astype(float))
        low, high = np.quantile(values[person], [0.01, 0.99])
        recalls += [np.mean(values[hidden] > high), np.mean(values[hidden] < low)]
    # THEN none finds half of them
    assert max(recalls) < 0.5
