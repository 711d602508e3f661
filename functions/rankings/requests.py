"""What is asked of a list, and the token by which the next page is asked for."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from commerce.families import discover
from commerce.family import Family
from commerce.rankings import DEFAULT_ROWS, MOST_CSV_ROWS, MOST_ROWS, Ranking
from functions.common.http import ApiError, header, wrong

_TOKEN = ("next", "limit", "format")
"""Parameters that every page may have; the others are in the token."""


class Token(BaseModel):
    """Where a list goes on: the version's, whatever is released meanwhile, after so many rows in this order."""

    model_config = ConfigDict(extra="forbid")

    version: str
    after: Annotated[int, Field(ge=0)] = 0
    sort: str
    filters: dict[str, str] = Field(default_factory=dict)

    def text(self) -> str:
        """As callers get it."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of a list. `token` is None for the first one."""

    family: Family
    ranking: Ranking
    limit: int
    form: Literal["json", "csv"]
    sort: str
    filters: dict[str, str]
    token: Token | None

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    def begin(self, version: str) -> Token:
        """Where the page begins in the list: that of its token, else the first row of `version`."""
        return self.token or Token(version=version, sort=self.sort, filters=self.filters)


def read(event: Mapping[str, Any]) -> Asked:
    """The question of an API Gateway event. Raises `ApiError` 400 or 404."""
    lists = {
        f"/v1/{family.collection}/{family.ranking.path}": (family, family.ranking)
        for family in discover().values()
        if family.ranking
    }
    resource = event.get("resource") or event.get("path") or ""
    if event.get("httpMethod") != "GET" or resource not in lists:
        raise ApiError(404, "not_found", f"GET {', '.join(lists)}")
    family, ranking = lists[resource]
    query: dict[str, str] = {name: value or "" for name, value in (event.get("queryStringParameters") or {}).items()}
    known = (*_TOKEN, "sort", *ranking.filters)
    if unknown := sorted(set(query) - set(known)):
        raise _invalid(f"{', '.join(unknown)}: no such parameter; there are {', '.join(known)}")
    form = _form(event, query)
    sort = query.get("sort", f"-{ranking.by}")
    if sort.removeprefix("-") != ranking.by:
        raise _invalid(f"sort must be -{ranking.by}, the largest first, or {ranking.by}")
    filters = {name: query[name] for name in ranking.filters if name in query}
    token = _token(query["next"]) if "next" in query else None
    if token is not None:
        given = {name: value for name, value in query.items() if name not in _TOKEN}
        is_of_list = token.sort.removeprefix("-") == ranking.by and set(token.filters) <= set(ranking.filters)
        if not is_of_list or given.items() - (token.filters | {"sort": token.sort}).items():
            raise _invalid("next goes on with a list of another order or filter: ask for that from its beginning")
        sort, filters = token.sort, token.filters
    return Asked(family, ranking, _limit(query, form), form, sort, filters, token)


def _form(event: Mapping[str, Any], query: Mapping[str, str]) -> Literal["json", "csv"]:
    """`format` where it is given, else CSV for who accepts it and no JSON."""
    said = query.get("format")
    if said is None:
        accepted = header(event, "accept")
        return "csv" if "text/csv" in accepted and "json" not in accepted else "json"
    try:
        return TypeAdapter(Literal["json", "csv"]).validate_python(said)
    except ValidationError:
        raise _invalid("format must be json or csv") from None


def _limit(query: Mapping[str, str], form: str) -> int:
    most = MOST_CSV_ROWS if form == "csv" else MOST_ROWS
    said = query.get("limit", str(most if form == "csv" else DEFAULT_ROWS))
    if not said.isascii() or not said.isdecimal() or not 1 <= int(said) <= most:
        raise _invalid(f"limit must be a number from 1 to {most}")
    return int(said)


def _token(text: str) -> Token:
    try:
        return Token.model_validate(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except ValidationError as error:
        raise _invalid(f"next is no token of this API: {wrong(error)}") from None
    except (binascii.Error, ValueError):
        raise _invalid("next is no token of this API") from None


def _invalid(message: str) -> ApiError:
    return ApiError(400, "invalid_request", message)
