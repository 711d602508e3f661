"""Statistics of sessions' traffic are what a plain count says, whatever was asked for."""

from __future__ import annotations

import math
import statistics as plain
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.risk_tables import TRAFFIC
from lake.simulators.traffic import CSS, GET, HEAD, HTML, IMAGE, JS, OTHER, POST, Paths, Requests, statistics

PATHS = Paths(
    folder=np.array([0, 1, 1, 2, 2, 3]),
    depth=np.array([1, 2, 3, 3, 4, 4]),
    type=np.array([HTML, HTML, HTML, CSS, JS, IMAGE]),
    bytes=np.array([900.0, 800.0, 700.0, 60.0, 50.0, 4000.0]),
    rarity=np.array([1.0, 2.0, 5.0, 1.5, 1.5, 3.0]),
)
REQUEST = st.tuples(
    st.integers(0, 5),  # path
    st.sampled_from([GET, POST, HEAD, OTHER]),
    st.sampled_from([200, 204, 302, 304, 404, 500]),
    st.integers(-1, 5),  # referrer
    st.integers(0, 4000),  # seconds since the one before
)
SESSIONS = st.lists(st.lists(REQUEST, min_size=1, max_size=12), min_size=1, max_size=5)


def requests(sessions: list[list[tuple[int, int, int, int, int]]]) -> Requests:
    rows = [
        (number, sum(r[4] for r in session[: i + 1]), path, method, status, referrer)
        for number, session in enumerate(sessions)
        for i, (path, method, status, referrer, _) in enumerate(session)
    ]
    session, at, path, method, status, referrer = (np.array(c) for c in zip(*rows, strict=True))
    return Requests(session, at.astype(float), path, method, status, referrer)


def counted(session: list[tuple[int, int, int, int, int]]) -> dict[str, Any]:
    """The same statistics of one session, one request after the other."""
    n = len(session)
    types = [PATHS.type[r[0]] for r in session]
    depths = [int(PATHS.depth[r[0]]) for r in session]
    folders = [PATHS.folder[r[0]] for r in session]
    gaps = [r[4] for r in session[1:]]
    at = np.cumsum([r[4] for r in session])
    pages = max(types.count(HTML), 1)
    barrage = longest = 0
    seen_page = False
    for kind in types:
        seen_page = seen_page or kind == HTML
        barrage = 0 if kind == HTML else barrage + seen_page
        longest = max(longest, barrage)
    viewed = [r[0] for r, kind in zip(session, types, strict=True) if kind == HTML]
    returns = sum(path in viewed[:i] and viewed[i - 1] != path for i, path in enumerate(viewed))
    return {
        "requests": n,
        "duration_seconds": sum(gaps),
        "mean_gap_seconds": plain.fmean(gaps) if gaps else math.nan,
        "gap_std_seconds": plain.pstdev(gaps) if gaps else math.nan,
        "repeated": sum(a[:2] == b[:2] for a, b in pairwise(session)) / n,
        "status_2xx": sum(r[2] in (200, 204) for r in session) / n,
        "status_3xx": sum(r[2] in (302, 304) for r in session) / n,
        "status_4xx": sum(r[2] == 404 for r in session) / n,
        "status_5xx": sum(r[2] == 500 for r in session) / n,
        "get": sum(r[1] == GET for r in session) / n,
        "post": sum(r[1] == POST for r in session) / n,
        "head": sum(r[1] == HEAD for r in session) / n,
        "other_method": sum(r[1] == OTHER for r in session) / n,
        "night": sum(t % 86_400 < 7 * 3600 for t in at) / n,
        "no_referrer": sum(r[3] < 0 for r in session) / n,
        "images": types.count(IMAGE) / n,
        "html": types.count(HTML) / n,
        "html_to_image": types.count(IMAGE) / pages,
        "html_to_css": types.count(CSS) / pages,
        "html_to_js": types.count(JS) / pages,
        "width": len({r[0] for r in session}),
        "depth": max(depths),
        "depth_std": plain.pstdev(depths),
        "consecutive": sum(a == b for a, b in pairwise(folders)) / n,
        "bytes": sum(PATHS.bytes[r[0]] for r in session),
        "popularity": plain.fmean(PATHS.rarity[r[0]] for r in session),
        "referrer_switches": sum(a[3] != b[3] for a, b in pairwise(session)) / (n - 1) if gaps else math.nan,
        "filetype_switches": sum(a != b for a, b in pairwise(types)) / (n - 1) if gaps else math.nan,
        "max_barrage": longest,
        "penalty": returns,
    }


@settings(max_examples=60, deadline=None)
@given(SESSIONS)
def test_statistics_are_what_a_plain_count_says(sessions):
    # GIVEN any sessions of requests
    # WHEN all are counted at once
    found = statistics(requests(sessions), PATHS)
    # THEN each session's numbers are those of counting it alone
    for number, session in enumerate(sessions):
        alone = counted(session)
        assert {name: values[number] for name, values in found.items()} == pytest.approx(alone, nan_ok=True)


def test_every_column_of_traffic_is_counted():
    # GIVEN one session
    # WHEN its traffic is counted
    found = statistics(requests([[(0, GET, 200, -1, 0)]]), PATHS)
    # THEN there is each column that the lake's sessions have, in their order
    assert list(found) == [c.name for c in TRAFFIC]
