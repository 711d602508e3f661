"""From pages viewed to requests: each page brings style sheets, scripts and images with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lake.simulators.site import DECOR, PICTURES, PRODUCTS, SCRIPTS, STYLES, Site
from lake.simulators.traffic import GET, Requests

PARALLEL_SECONDS = 0.06
"""Mean time between what a page brings with it: an assumption, as all below."""
UNCHANGED, MISSING, FAILED = 0.03, 0.004, 0.0005
"""Shares of requests answered with 304, 404 and 500."""
OUTSIDE = 1 << 20
"""Number of the referrer that stands for other sites."""


@dataclass(frozen=True)
class Views:
    """Pages viewed (n,), by session and within it by time."""

    session: np.ndarray
    wait: np.ndarray
    """Seconds since what was last asked for; of a session's first, no matter."""
    path: np.ndarray
    method: np.ndarray
    referrer: np.ndarray
    styles: np.ndarray
    scripts: np.ndarray
    images: np.ndarray
    """How many the page brings: what the browser does not hold already."""
    told: np.ndarray
    """Whether requests tell where they come from."""


def places(session: np.ndarray) -> np.ndarray:
    """Place of each view (n,) within its session, from 0."""
    counts = np.bincount(session)
    return np.arange(len(session)) - np.repeat(np.cumsum(counts) - counts, counts)


def loaded(site: Site, views: Views, begins: np.ndarray, rng: np.random.Generator) -> Requests:
    """Requests of the views; `begins` (s,) are the seconds at which sessions begin."""
    parts = views.styles + views.scripts + views.images
    view = np.repeat(np.arange(len(parts)), parts + 1)
    place = np.arange(len(view)) - np.repeat(np.cumsum(parts + 1) - parts - 1, parts + 1) - 1
    page = place < 0
    n = len(view)
    session = views.session[view]
    gap = np.where(page, views.wait[view], rng.exponential(PARALLEL_SECONDS, n))
    first = np.r_[True, session[1:] != session[:-1]]
    passed = np.cumsum(np.where(first, 0.0, gap))
    at = begins[session] + passed - passed[first][session]
    drawn = rng.random(n)
    bounds = np.cumsum([UNCHANGED, MISSING, FAILED])
    posted = views.method[view] != GET
    status = np.select(
        [page & posted, ~page & (drawn < bounds[0]), (drawn >= bounds[0]) & (drawn < bounds[1]), drawn >= 1 - FAILED],
        [302, 304, 404, 500],
        200,
    )
    referrer = np.where(page, views.referrer[view], views.path[view])
    return Requests(
        session=session,
        at=at,
        path=np.where(page, views.path[view], _parts(site, views, view, place)),
        method=np.where(page, views.method[view], GET),
        status=status,
        referrer=np.where(views.told[view], referrer, -1),
    )


def _parts(site: Site, views: Views, view: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Paths of what pages bring (n,): `place` counts style sheets, then scripts, then images."""
    script = place - views.styles[view]
    image = script - views.scripts[view]
    product = views.path[view] - site.product
    own = (product >= 0) & (product < PRODUCTS) & (image < PICTURES)
    return np.select(
        [script < 0, image < 0, own],
        [site.style + place % STYLES, site.script + script % SCRIPTS, site.picture + product * PICTURES + image],
        site.decor + image % DECOR,
    )
