"""Lists over all entities: what a family's published answers say is worth doing, the most valuable first.

`GET /v1/<collection>/<path>` reads the list of the live version. The batch job that writes the answers writes it beside
them, in parts, so that a page is a read or two of immutable files and a list is whole whatever is released meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.scores import Chunk

PART_ROWS = 1000
DEFAULT_ROWS, MOST_ROWS = 50, 1000
"""Of one page."""
MOST_CSV_ROWS = 10_000
"""Of one CSV answer: a function's answer has 6 MB at most."""
MOST_ALERTS = 20
"""Of one kind and run; of the others an alert tells the number."""

Rows = Callable[[str, Any], Iterable[BaseModel]]
"""(entity, its published answer in the shape of the spec) → the rows that it has in the list."""


@dataclass(frozen=True)
class Ranking:
    """One list of a family. `row` is what a row looks like, flat: text, numbers and dates, as CSV holds them.

    `by` names the number that rows are sorted by, largest first; `filters` the columns of text of which a caller may
    ask one value. `alerts` maps an event's detail type to whether a row is worth one.
    """

    path: str
    summary: str
    row: type[BaseModel]
    rows: Rows
    by: str
    filters: tuple[str, ...] = ()
    alerts: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := {self.by, *self.filters} - set(self.row.model_fields):
            raise ValueError(f"rows of the list {self.path} have no {', '.join(sorted(unknown))}")


class RankingManifest(BaseModel):
    """`scores/ranking/manifest.json`: the parts of a list, in order."""

    model_config = ConfigDict(defer_build=True)

    as_of: date
    rows: Annotated[int, Field(ge=0)]
    parts: list[Chunk]


class Alert(BaseModel):
    """One kind of alert of a run, an item of `scores/ranking/alerts.json`: its most valuable rows, of how many."""

    model_config = ConfigDict(defer_build=True)

    detail_type: str
    total: Annotated[int, Field(ge=0)]
    rows: list[dict[str, Any]]


class RankedPage(BaseModel):
    """Answer of `GET /v1/<collection>/<path>`."""

    model_config = ConfigDict(defer_build=True)

    family: str
    source: Literal["model", "baseline"] = Field(
        description="`baseline` as long as no model is released: nothing is ranked then"
    )
    version: str | None = None
    as_of: date | None = Field(default=None, description="what happened before this day is what the list knows")
    total: Annotated[int, Field(ge=0)] = Field(description="rows of the whole list, before filters")
    rows: list[dict[str, Any]]
    next: str | None = Field(default=None, description="token of the next page; null on the last one")
    reason: str | None = Field(default=None, description="why there is nothing")
