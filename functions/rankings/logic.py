"""A page of a list whose parts are files: as few of them are read as the page needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from commerce.rankings import RankingManifest
from functions.rankings.requests import Asked, Token

MOST_PARTS = 10
"""Read for one page: of a filter that few rows pass, the page is short and has a token all the same."""

Row = dict[str, Any]


def page(
    asked: Asked, begin: Token, manifest: RankingManifest, read: Callable[[str], bytes]
) -> tuple[list[Row], Token | None]:
    """The rows from `begin` on that pass the filters, and where the next page begins.

    `read` gives the content of a part by its name.
    """
    found: list[Row] = []
    after = begin.after
    for taken, (key, first) in enumerate(_parts(begin, manifest, asked.descending)):
        if taken == MOST_PARTS:
            return found, begin.model_copy(update={"after": after})
        rows = [json.loads(line) for line in read(key).splitlines()]
        for row in (rows if asked.descending else rows[::-1])[first:]:
            if len(found) == asked.limit:
                return found, begin.model_copy(update={"after": after})
            after += 1
            if all(row[name] == value for name, value in begin.filters.items()):
                found.append(row)
    return found, None


def _parts(begin: Token, manifest: RankingManifest, descending: bool) -> Iterator[tuple[str, int]]:
    """Names of the parts in the order asked, from the one with the first row on; each with its rows to pass over."""
    skip = begin.after
    for part in manifest.parts if descending else reversed(manifest.parts):
        if skip < part.rows:
            yield part.key, skip
        skip = max(skip - part.rows, 0)
