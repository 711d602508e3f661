"""How robots ask for a shop's pages: declared crawlers, slow scrapers, hoarders of carts.

Scrapers wait as people do and come from another address each time; two thirds drive a real browser. What gives them
away is what they read: one product after the other, the unpopular as often as the popular, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lake.simulators.browsing import FROM_OUTSIDE, HELD, THINK_MEDIAN, THINK_SPREAD
from lake.simulators.loading_pages import OUTSIDE, Views, loaded, places
from lake.simulators.site import FOLDERS, PRODUCTS, Site
from lake.simulators.traffic import GET, HEAD, POST, Requests

NEW = {"styles": 3.0, "scripts": 6.0, "images": 9.0}
"""Mean of what a first page brings to a robot's browser: assumptions, as all below."""
NOTHING = {"styles": 0.0, "scripts": 0.0, "images": 0.0}
CRAWLER_PAGES, CRAWLER_SECONDS, CRAWLER_HEADS = 12.0, 8.0, 0.05
"""Mean pages of a crawler's session, seconds between them, share of HEAD."""
SCRAPER_PAGES = 7.0
"""Mean products of a scraper's session: few, so that no session stands out."""
SCRAPER_BROWSERS = 0.65
"""Share of scrapers' sessions in a real browser, without anything held from before."""
SCRAPER_FOLDERS = 0.25
"""Share of a scraper's views that are of a folder, to find products."""
SCRAPER_ORDERLY = 0.6
"""Share of sessions that read products in the order of the catalogue; the others pick any."""
SCRAPER_FORGES = 0.5
"""Share of those without a browser that tell a referrer all the same."""
HOARDER_ADDS = 4.0
"""Mean times that a hoarder puts a product into a cart, in one session."""
HOARDER_SECONDS, HOARDER_SPREAD = 9.0, 0.9
"""Median seconds between, and the standard deviation of their logarithm."""
HOARDER_POSTS = 0.7
"""Share of its views of the cart that put something in it."""
HOT_PRODUCTS = 20
"""Which hoarders are after."""


def crawled(site: Site, begins: np.ndarray, rng: np.random.Generator) -> Requests:
    """Requests of declared crawlers: pages alone, at an even pace, without a referrer."""
    session = np.repeat(np.arange(len(begins)), rng.geometric(1 / CRAWLER_PAGES, len(begins)))
    n = len(session)
    return loaded(
        site,
        Views(
            session=session,
            wait=CRAWLER_SECONDS + rng.uniform(-0.5, 0.5, n),
            path=site.folder + rng.integers(FOLDERS + PRODUCTS, size=n),
            method=np.where(rng.random(n) < CRAWLER_HEADS, HEAD, GET),
            referrer=np.full(n, -1),
            told=np.zeros(n, bool),
            **_parts(n, NOTHING, rng),
        ),
        begins,
        rng,
    )


def scraped(site: Site, begins: np.ndarray, rng: np.random.Generator) -> Requests:
    """Requests of slow scrapers."""
    s = len(begins)
    session = np.repeat(np.arange(s), rng.geometric(1 / SCRAPER_PAGES, s))
    n, place = len(session), places(session)
    by_folder = np.argsort(site.folder_of, kind="stable")
    orderly = by_folder[(rng.integers(PRODUCTS, size=s)[session] + place) % PRODUCTS]
    product = np.where((rng.random(s) < SCRAPER_ORDERLY)[session], orderly, rng.integers(PRODUCTS, size=n))
    lists = rng.random(n) < SCRAPER_FOLDERS
    path = np.where(lists, site.folder + site.folder_of[product], site.product + product)
    browser = (rng.random(s) < SCRAPER_BROWSERS)[session]
    came_from = np.where(place > 0, np.roll(path, 1), np.where(rng.random(n) < FROM_OUTSIDE, OUTSIDE, -1))
    parts = _parts(n, NEW, rng)
    held = _parts(n, HELD, rng)
    return loaded(
        site,
        Views(
            session=session,
            wait=rng.lognormal(np.log(THINK_MEDIAN), THINK_SPREAD, n),
            path=path,
            method=np.full(n, GET),
            referrer=came_from,
            told=browser | (rng.random(s) < SCRAPER_FORGES)[session],
            **{name: np.where(browser, np.where(place > 0, held[name], parts[name]), 0) for name in parts},
        ),
        begins,
        rng,
    )


def hoarded(site: Site, begins: np.ndarray, rng: np.random.Generator) -> Requests:
    """Requests of robots that keep a product in carts, so that nobody else can buy it."""
    s = len(begins)
    session = np.repeat(np.arange(s), 1 + rng.geometric(1 / HOARDER_ADDS, s))
    n, place = len(session), places(session)
    hot = np.argsort(-site.weight)[rng.integers(HOT_PRODUCTS, size=s)]
    path = np.where(place == 0, site.product + hot[session], site.cart)
    held = _parts(n, HELD, rng)
    parts = _parts(n, NEW, rng)
    return loaded(
        site,
        Views(
            session=session,
            wait=rng.lognormal(np.log(HOARDER_SECONDS), HOARDER_SPREAD, n),
            path=path,
            method=np.where((place > 0) & (rng.random(n) < HOARDER_POSTS), POST, GET),
            referrer=np.where(place > 0, np.roll(path, 1), OUTSIDE),
            told=np.ones(n, bool),
            **{name: np.where(place > 0, held[name], parts[name]) for name in parts},
        ),
        begins,
        rng,
    )


def _parts(n: int, means: Mapping[str, float], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """How many of each a page brings (n,), by mean."""
    return {name: rng.poisson(mean, n) for name, mean in means.items()}
