"""Tables read once and kept by the engine, for many questions in a row."""

from __future__ import annotations

import ibis

from lake.keeping import keep
from lake.lake import Lake


class HeldTables:
    """The lake's tables as they were when first asked for.

    A table over years of day partitions is hundreds of small files, and a family asks for it at dozens of as-of dates.
    Kept by the engine (a temporary table of DuckDB, which spills to disk; a cached frame of Spark), it is opened once.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._kept: dict[str, ibis.Table] = {}

    def table(self, name: str) -> ibis.Table:
        """The table called `name`, as `Lake.table` gives it."""
        if name not in self._kept:
            self._kept[name] = keep(self._lake.table(name))
        return self._kept[name]
