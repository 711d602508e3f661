"""What the model is told of a session's traffic beside its statistics: whole numbers behind shares, and ratios.

Trees split by one number at a time: of 300 requests a share of 0.01 is three, of ten it is none. Declared once; the
online form is here, the batch form in `training/bots/traffic.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from commerce.risk_tables import TRAFFIC

OF_REQUESTS = (
    "repeated", "status_2xx", "status_3xx", "status_4xx", "status_5xx", "post", "head", "night", "no_referrer",
    "images", "html",
)  # fmt: skip
"""Shares of all requests."""
OF_STEPS = ("consecutive", "referrer_switches", "filetype_switches")
"""Shares of the steps from one request to the next."""
PER_REQUEST = ("bytes", "width", "max_barrage", "penalty")
NAMES = (
    *(column.name for column in TRAFFIC),
    *(f"{name}_count" for name in (*OF_REQUESTS, *OF_STEPS)),
    *(f"{name}_per_request" for name in PER_REQUEST),
    "requests_per_second",
    "gap_spread",
)
WORDS = (
    {column.name: f"{column.doc}: {{value:,.2f}}" for column in TRAFFIC}
    | {f"{c.name}_count": f"{c.doc}: {{value:,.0f}}" for c in TRAFFIC if c.name in (*OF_REQUESTS, *OF_STEPS)}
    | {f"{c.name}_per_request": f"{c.doc}, for each request: {{value:,.2f}}" for c in TRAFFIC if c.name in PER_REQUEST}
    | {
        "requests_per_second": "{value:,.2f} requests a second",
        "gap_spread": "the time between requests varies by {value:.2f} of its mean",
    }
)


def variables(session: Mapping[str, float | None]) -> dict[str, float | None]:
    """`NAMES` of one session; None where what a value is made of is not known."""
    known = {column.name: session.get(column.name) for column in TRAFFIC}
    requests = known["requests"]
    steps = None if requests is None else requests - 1
    found = dict(known)
    for names, of in ((OF_REQUESTS, requests), (OF_STEPS, steps)):
        found |= {f"{name}_count": _whole(known[name], of) for name in names}
    found |= {f"{name}_per_request": _ratio(known[name], requests) for name in PER_REQUEST}
    duration = known["duration_seconds"]
    found["requests_per_second"] = _ratio(requests, None if duration is None else duration + 1.0)
    found["gap_spread"] = _ratio(known["gap_std_seconds"], known["mean_gap_seconds"])
    return found


def _whole(share: float | None, of: float | None) -> float | None:
    # Halves go up, as both forms can: Python and SQL round them differently.
    return None if share is None or of is None else float(math.floor(share * of + 0.5))


def _ratio(value: float | None, by: float | None) -> float | None:
    return value / by if value is not None and by else None
