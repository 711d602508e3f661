"""The routes that list what is worth doing, over all answers of a family."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from cli.api import http
from cli.environment import Environment
from commerce.family import Family
from commerce.rankings import RankedPage, Ranking

_NEXT = re.compile(r'<(\?[^>]*)>; rel="next"')


def page(environment: Environment, family: Family, ranking: Ranking, asked: Mapping[str, str]) -> RankedPage:
    """`GET /v1/<collection>/<path>`, one page."""
    return RankedPage.model_validate(http.get(environment, f"{_route(family, ranking)}?{urlencode(asked)}"))


def sheet(environment: Environment, family: Family, ranking: Ranking, asked: Mapping[str, str]) -> Iterator[bytes]:
    """The whole list as CSV, page by page, with one line of names."""
    query = f"?{urlencode({**asked, 'format': 'csv'})}"
    first = True
    while query:
        body, headers = http.fetch(environment, "GET", _route(family, ranking) + query)
        yield body if first else body.partition(b"\r\n")[2]
        first = False
        found = _NEXT.search(headers.get("Link", ""))
        query = found[1] if found else ""


def _route(family: Family, ranking: Ranking) -> str:
    return f"/v1/{family.collection}/{ranking.path}"
