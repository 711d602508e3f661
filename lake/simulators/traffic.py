"""Requests to a shop's servers, and the statistics of a session's traffic that table `sessions` holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HTML, CSS, JS, IMAGE, DATA = range(5)
"""Types of what is asked for; DATA is what an app or a script of a page asks for."""
GET, POST, HEAD, OTHER = range(4)
NIGHT_HOURS = 7
"""Night is from midnight until then."""


@dataclass(frozen=True)
class Requests:
    """Requests (n,), by session and within it by time."""

    session: np.ndarray
    """Number of the session, ascending from 0, none left out."""
    at: np.ndarray
    """Seconds after the start, midnight of a day."""
    path: np.ndarray
    """Number of what is asked for: a place in the columns of `Paths`."""
    method: np.ndarray
    status: np.ndarray
    referrer: np.ndarray
    """Number of the path that it was followed from; -1: none is told."""


@dataclass(frozen=True)
class Paths:
    """What can be asked for (p,), by number."""

    folder: np.ndarray
    depth: np.ndarray
    type: np.ndarray
    bytes: np.ndarray
    rarity: np.ndarray
    """Minus the logarithm of a path's share of all requests."""


def statistics(r: Requests, paths: Paths) -> dict[str, np.ndarray]:
    """Column of `sessions` → value of each session (s,), nan where there is none."""
    requests = np.bincount(r.session)
    types, depth, folder = paths.type[r.path], paths.depth[r.path], paths.folder[r.path]
    first = np.cumsum(requests) - requests
    following = np.ones(len(r.session), bool)
    following[first] = False

    def share(which: np.ndarray) -> np.ndarray:
        return np.bincount(r.session, which) / requests

    def changes(values: np.ndarray) -> np.ndarray:
        changed = following & (values != np.roll(values, 1))
        return _divided(np.bincount(r.session, changed), requests - 1)

    gaps = np.where(following, r.at - np.roll(r.at, 1), 0.0)
    duration = np.bincount(r.session, gaps)
    mean_gap = _divided(duration, requests - 1)
    off = np.where(following, gaps - mean_gap[r.session], 0.0)
    pages = np.bincount(r.session, types == HTML)
    found = (r.status >= 200) & (r.status < 300)
    depth_mean = np.bincount(r.session, depth) / requests
    order = np.lexsort((r.path, r.session))
    new = np.r_[True, (np.diff(r.path[order]) != 0) | (np.diff(r.session[order]) != 0)]
    again = following & (r.path == np.roll(r.path, 1)) & (r.method == np.roll(r.method, 1))

    def per_page(kind: int) -> np.ndarray:
        return np.bincount(r.session, types == kind) / np.maximum(pages, 1)

    return {
        "requests": requests.astype(float),
        "duration_seconds": duration,
        "mean_gap_seconds": mean_gap,
        "gap_std_seconds": np.sqrt(_divided(np.bincount(r.session, off**2), requests - 1)),
        "repeated": share(again),
        "status_2xx": share(found),
        "status_3xx": share((r.status >= 300) & (r.status < 400)),
        "status_4xx": share((r.status >= 400) & (r.status < 500)),
        "status_5xx": share(r.status >= 500),
        "get": share(r.method == GET),
        "post": share(r.method == POST),
        "head": share(r.method == HEAD),
        "other_method": share(r.method == OTHER),
        "night": share(r.at % 86_400 < NIGHT_HOURS * 3600),
        "no_referrer": share(r.referrer < 0),
        "images": share(types == IMAGE),
        "html": share(types == HTML),
        "html_to_image": per_page(IMAGE),
        "html_to_css": per_page(CSS),
        "html_to_js": per_page(JS),
        "width": np.bincount(r.session, new),
        "depth": np.maximum.reduceat(depth, first).astype(float),
        "depth_std": np.sqrt(np.bincount(r.session, (depth - depth_mean[r.session]) ** 2) / requests),
        "consecutive": share(following & (folder == np.roll(folder, 1))),
        "bytes": np.bincount(r.session, paths.bytes[r.path]),
        "popularity": np.bincount(r.session, paths.rarity[r.path]) / requests,
        "referrer_switches": changes(r.referrer),
        "filetype_switches": changes(types),
        "max_barrage": _longest(r.session, types, first),
        "penalty": _returns(r, types),
    }


def _divided(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(values, by, out=np.full(len(values), np.nan), where=by > 0)


def _longest(session: np.ndarray, types: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Most requests in a row that are no pages and come after a page."""
    place = np.arange(len(session))
    page = np.where(types == HTML, place, -1)
    last_page = np.maximum.accumulate(page)
    inside = last_page >= first[session]
    return np.maximum.reduceat(np.where(inside, place - last_page, 0), first).astype(float)


def _returns(r: Requests, types: np.ndarray) -> np.ndarray:
    """How often a page is asked for again after another one."""
    pages = types == HTML
    session, path = r.session[pages], r.path[pages]
    order = np.lexsort((np.arange(len(path)), path, session))
    same = (session[order][1:] == session[order][:-1]) & (path[order][1:] == path[order][:-1])
    # Neighbours in time are reloads, not returns.
    apart = np.diff(order) > 1
    return np.bincount(session[order][1:][same & apart], minlength=int(r.session[-1]) + 1).astype(float)
