"""Keyed upsert of one partition: what stays, what is new, what changed."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from lake.partitions import connect
from lake.schema import arrow_schema, declared


@dataclass(frozen=True, slots=True)
class Merged:
    """The partition after an upsert, sorted by key, with counts of the incoming rows."""

    rows: pa.Table
    inserted: int
    updated: int
    unchanged: int

    @property
    def changed(self) -> bool:
        """Whether the partition has to be written."""
        return self.inserted + self.updated > 0


def upsert(name: str, present: pa.Table | None, incoming: pa.Table) -> Merged:
    """Put `incoming` over `present`; both under the declared schema, sorted by key and without repeated keys."""
    if present is None or present.num_rows == 0:
        return Merged(incoming, incoming.num_rows, 0, 0)
    if present.equals(incoming):
        return Merged(present, 0, 0, incoming.num_rows)
    table = declared(name)
    keys = ", ".join(f'"{k}"' for k in table.key)
    on = " AND ".join(f'p."{k}" = i."{k}"' for k in table.key)
    same = " AND ".join(f'p."{c}" IS NOT DISTINCT FROM i."{c}"' for c in table.column_names)
    with connect() as connection:
        connection.register("p", present)
        connection.register("i", incoming)
        matched, unchanged = connection.sql(
            f"SELECT count(*), coalesce(sum(CAST({same} AS BIGINT)), 0) FROM p JOIN i ON {on}"  # noqa: S608 - names are the declared table's
        ).fetchall()[0]
        rows = connection.sql(
            f"SELECT * FROM p ANTI JOIN i ON {on} UNION ALL SELECT * FROM i ORDER BY {keys}"  # noqa: S608 - likewise
        ).to_arrow_table()
    rows = rows.cast(arrow_schema(name))
    return Merged(rows, incoming.num_rows - matched, matched - int(unchanged), int(unchanged))


def without(name: str, present: pa.Table, gone: pa.Table) -> pa.Table:
    """`present` less the rows whose key is in `gone`."""
    table = declared(name)
    keys = ", ".join(f'"{k}"' for k in table.key)
    on = " AND ".join(f'p."{k}" = g."{k}"' for k in table.key)
    with connect() as connection:
        connection.register("p", present)
        connection.register("g", gone)
        rows = connection.sql(f"SELECT * FROM p ANTI JOIN g ON {on} ORDER BY {keys}").to_arrow_table()  # noqa: S608 - likewise
    return rows.cast(arrow_schema(name))
