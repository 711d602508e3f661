"""The lists over all answers of a family, from their specs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

from commerce.families import discover
from commerce.family import Family
from commerce.rankings import DEFAULT_ROWS, MOST_CSV_ROWS, MOST_ROWS, RankedPage, Ranking
from functions.openapi.parts import Json, Section, answer, error, header, operation, query

TAG = "lists"


def section() -> Section:
    """What is worth doing, over all products."""
    paths = {
        f"/v1/{family.collection}/{family.ranking.path}": {"get": _list(family, family.ranking)}
        for family in discover().values()
        if family.ranking
    }
    return Section(TAG, "what is worth doing, the most valuable first", paths)


def _list(family: Family, ranking: Ranking) -> Json:
    found = answer("a page of the list that the released version made", _page(family, ranking))
    found["content"]["text/csv"] = {"schema": {"type": "string", "description": "RFC 4180, with a line of names"}}
    found["headers"] = header("Link", "of CSV: the next page, relative to this one", {"type": "string"})
    return operation(
        TAG,
        f"list{family.name.title()}{ranking.path.title().replace('-', '')}",
        ranking.summary,
        description="Pages of one version, whatever is released meanwhile. Empty, and marked `baseline`, before a "
        f"version is released. CSV where `text/csv` is accepted or `format` says so.{_alerts(ranking)}",
        parameters=_parameters(ranking),
        answers={
            "200": found,
            "400": error("not a valid question; the message says what is wrong"),
            "410": error("the list that `next` goes on with was replaced: begin again"),
        },
    )


def _parameters(ranking: Ranking) -> list[Json]:
    most: Json = {"type": "integer", "minimum": 1, "maximum": MOST_CSV_ROWS}
    order: Json = {"type": "string", "enum": [f"-{ranking.by}", ranking.by], "default": f"-{ranking.by}"}
    limit = f"rows: {DEFAULT_ROWS} by default and {MOST_ROWS} at most; of CSV {MOST_CSV_ROWS}"
    return [
        query("limit", limit, most),
        query("next", "token of the page before", {"type": "string"}),
        query("sort", "with `-` the largest first", order),
        query("format", "else by the header Accept", {"type": "string", "enum": ["json", "csv"]}),
        *(query(name, f"only rows with this {name}", {"type": "string"}) for name in ranking.filters),
    ]


def _alerts(ranking: Ranking) -> str:
    names = " and ".join(f"`{name}`" for name in ranking.alerts)
    told = "After a release its most valuable rows are events on the shop's EventBridge bus as well"
    return f" {told}: {names}." if names else ""


def _page(family: Family, ranking: Ranking) -> type[BaseModel]:
    """The page with its rows in the shape of the family's."""
    fields: Any = {"rows": (list[ranking.row], ...)}
    doc = f"Answer of `GET /v1/{family.collection}/{ranking.path}`."
    return create_model(f"{ranking.row.__name__}Page", __base__=RankedPage, __doc__=doc, **fields)
