"""What a table whose rows are valid from a time on said of a thing, by spans of origins at which it said the same."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from training.demand.origins import Origins
from training.demand.sales import beside

SINCE, UNTIL = "since", "until"
VALID_FROM = "updated_at"


def along(table: ibis.Table, said: ibis.Table, key: str, columns: tuple[str, ...], origins: Origins) -> ibis.Table:
    """The table (key, …) with the `columns` of `said` (key, updated_at, *columns), as text: each row once for every
    span of origins, `since` one until before another, in which the newest row known was the same.

    What nothing was said of has the empty text.
    """
    end = origins.last.first + 1
    found = beside(table, _spans(said, key, columns, origins, end), (key,))
    filled = {name: _[name].fill_null("") for name in columns}
    return found.mutate(since=_.since.fill_null(0), until=_.until.fill_null(end), **filled)


def at_origin(table: ibis.Table) -> ibis.Table:
    """Of what is `along` those rows (origin, …) whose span holds their own origin, without it."""
    return table.filter(_.origin >= _.since, _.origin < _.until).drop(SINCE, UNTIL)


def _spans(said: ibis.Table, key: str, columns: tuple[str, ...], origins: Origins, end: int) -> ibis.Table:
    """(key, since, until, *columns) of things something is said of; nothing at origins before it was."""
    rows = said.select(key, VALID_FROM, *columns)
    known = rows.mutate(since=origins.next_after(origins.numbered(VALID_FROM))).filter(_.since.notnull())
    newest = ibis.row_number().over(ibis.window(group_by=[key, SINCE], order_by=ibis.desc(VALID_FROM)))
    kept = (key, SINCE, *columns)
    told = known.mutate(newest=newest).filter(_.newest == 0).select(*kept)
    untold = told.select(key).distinct().mutate(since=ibis.literal(0, "int64"))
    untold = untold.mutate(**dict.fromkeys(columns, ibis.literal("")))
    following = _.since.lead().over(ibis.window(group_by=key, order_by=SINCE))
    spans = told.union(untold.select(*kept)).mutate(until=following.fill_null(end))
    return spans.filter(_.until > origins.first.first)
