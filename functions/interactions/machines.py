"""Whether a machine opened a letter or followed its link. Pure.

Apple's Mail Privacy Protection fetches every letter's pixel, read or not, and gives no more of a browser than
`Mozilla/5.0`; scanners follow links before the letter is in the inbox. Gmail's and Yahoo's image proxies fetch when a
person opens, and are told apart from prefetching only by their haste.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

HASTE = timedelta(seconds=5)
"""Nobody reads a letter sooner after it arrived."""

_PREFETCHERS = frozenset({"", "mozilla/5.0", "mozilla/4.0"})
_GOOGLE_PREFETCH = "edge/12.246 mozilla/5.0"
_ROBOTS = re.compile(
    r"bot\b|crawl|spider|scan|prefetch|preview|headless|monitor|barracuda|mimecast|proofpoint|"
    r"curl/|wget/|python|java/|go-http|okhttp|libwww|http-?client"
)


def machine(user_agent: str | None, at: datetime, arrived: datetime) -> bool:
    """`at` is when it happened, `arrived` when the letter was delivered, or sent where that is not known yet."""
    agent = (user_agent or "").strip().lower()
    if agent in _PREFETCHERS or agent.endswith(_GOOGLE_PREFETCH) or _ROBOTS.search(agent):
        return True
    return at - arrived < HASTE
