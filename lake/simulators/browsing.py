"""How people browse a shop: pages they view, with what their browsers ask for beside them."""

from __future__ import annotations

import numpy as np

from lake.simulators.loading_pages import OUTSIDE, Views, loaded, places
from lake.simulators.site import PRODUCTS, SEARCHES, Site
from lake.simulators.traffic import GET, POST, Requests

BOUNCE = 0.25
"""Share of visits that end with their first page: an assumption, as all below."""
PAGES = 6.0
"""Mean further pages of the others."""
APP, TABS, PRIVATE = 0.1, 0.08, 0.08
"""Shares of visits with the shop's app (data, few pages), of those that open many products one right after the other,
and of those whose browser tells no referrer."""
RETURNING = 0.45
"""Share of visits whose browser holds most of what pages bring."""
KEEPS_FOLDER = 0.8
"""Chance that the next product is of the folder that the visit is about."""
BACK = 0.12
"""Chance that a view goes back to the page before the last."""
FIRST = {"home": 0.3, "folder": 0.25, "search": 0.0, "product": 0.45, "cart": 0.0}
"""Kinds of a visit's first page."""
FROM_OUTSIDE = 0.6
"""Share of visits that begin with a link of another site."""
KINDS = {"home": 0.06, "folder": 0.22, "search": 0.08, "product": 0.57, "cart": 0.07}
"""Of pages after the first."""
ADDS = 0.5
"""Chance that a view of the cart puts something in it."""
THINK_MEDIAN, THINK_SPREAD = 14.0, 1.1
"""Seconds between pages, and the standard deviation of their logarithm."""
TAB_MEDIAN, TAB_SPREAD = 1.0, 0.8
"""Likewise between products opened one right after the other."""
FRESH = {"styles": (2, 5), "scripts": (4, 10), "images": (3, 16)}
"""Least and, exclusively, most of what the first page brings to a browser that holds nothing."""
HELD = {"styles": 0.3, "scripts": 0.6, "images": 2.5}
"""Mean of what a page brings to one that holds the rest."""
APP_IMAGES = 0.8
"""Mean images with an app's data."""


def browsed(site: Site, begins: np.ndarray, rng: np.random.Generator) -> Requests:
    """Requests of people's visits that begin at `begins` (s,) seconds."""
    s = len(begins)
    pages = np.where(rng.random(s) < BOUNCE, 1, 1 + rng.geometric(1 / PAGES, s))
    session = np.repeat(np.arange(s), pages)
    n, place = len(session), places(session)
    path = _pages(site, session, place, rng)
    path = np.where((place >= 2) & (rng.random(n) < BACK), np.roll(path, 2), path)
    app, tabs, private = (rng.random(s) < share for share in (APP, TABS, PRIVATE))
    product = (path >= site.product) & (path < site.product + PRODUCTS)
    path = np.where(app[session] & product, site.data + path - site.product, path)
    think = rng.lognormal(np.log(THINK_MEDIAN), THINK_SPREAD, n)
    came_from = np.where(place > 0, np.roll(path, 1), np.where(rng.random(n) < FROM_OUTSIDE, OUTSIDE, -1))
    views = Views(
        session=session,
        wait=np.where(tabs[session], rng.lognormal(np.log(TAB_MEDIAN), TAB_SPREAD, n), think),
        path=path,
        method=np.where((path == site.cart) & (rng.random(n) < ADDS), POST, GET),
        referrer=came_from,
        **_brought(app[session], (rng.random(s) < RETURNING)[session] | (place > 0), rng),
        told=~(private | app)[session],
    )
    return loaded(site, views, begins, rng)


def _brought(app: np.ndarray, holds: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """How many of each a page brings (n,): to the shop's app images alone, to browsers (n,) what they do not hold."""
    n = len(app)
    with_data = {"styles": 0.0, "scripts": 0.0, "images": APP_IMAGES}
    return {
        name: np.select(
            [app, holds], [rng.poisson(with_data[name], n), rng.poisson(HELD[name], n)], rng.integers(*fresh, n)
        )
        for name, fresh in FRESH.items()
    }


def _pages(site: Site, session: np.ndarray, place: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pages (n,) by interest: a product that others like as well, mostly in the visit's own folder."""
    n = len(session)
    interest = rng.choice(PRODUCTS, session[-1] + 1, p=site.weight)
    folder = site.folder_of[interest][session]
    kind = rng.choice(len(KINDS), n, p=list(KINDS.values()))
    kind = np.where(place == 0, rng.choice(len(FIRST), n, p=list(FIRST.values())), kind)
    product = np.where(
        rng.random(n) < KEEPS_FOLDER, _of_folder(site, folder, rng), rng.choice(PRODUCTS, n, p=site.weight)
    )
    product = np.where(place == 0, interest[session], product)
    found = site.search + rng.integers(SEARCHES, size=n)
    choices = (np.full(n, site.home), site.folder + folder, found, site.product + product, np.full(n, site.cart))
    return np.choose(kind, choices)


def _of_folder(site: Site, folder: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Products (n,) of folders (n,), drawn by their share of visits."""
    order = np.argsort(site.folder_of, kind="stable")
    reached = np.cumsum(site.weight[order])
    inside = np.bincount(site.folder_of, site.weight)
    begin = np.cumsum(inside) - inside
    drawn = begin[folder] + rng.random(len(folder)) * inside[folder]
    return order[np.minimum(np.searchsorted(reached, drawn, side="right"), PRODUCTS - 1)]
