"""One load under way: tables go through here into the lake, or, in a dry run, only past the checks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from lake.lake import Lake
from lake.loaders.report import Handled, LoadReport, ProblemRow, Progress, TableLoad
from lake.problems import Problem
from lake.validate import conform

_SAMPLE_ROWS = 3


class Loading:
    """Collects the report while tables are put. Rows with a problem are left out, listed and counted."""

    def __init__(self, lake: Lake, source: str, *, dry_run: bool, progress: Progress | None, steps: int) -> None:
        self._lake = lake
        self._progress = progress
        self._steps = steps
        self._done = 0
        self._started = time.monotonic()
        self.report = LoadReport(source=source, dry_run=dry_run)

    def put(self, name: str, rows: pa.Table, *, source: str = "", numbers: np.ndarray | None = None) -> None:
        """Write `rows` to table `name`, or in a dry run check them.

        `source` is the file they came from and `numbers` their row numbers in it, for problems.
        """
        load = self.report.tables.setdefault(name, TableLoad())
        conformed = conform(name, rows, source=source)
        good = conformed.good
        if numbers is None:
            self.problems(conformed.problems)
        else:
            self.problems(replace(p, row=int(numbers[p.row - 1])) if p.row else p for p in conformed.problems)
        load.rows += good.num_rows
        load.refused += rows.num_rows - good.num_rows
        if self.report.dry_run:
            if not load.sample:
                load.sample = [_jsonable(r) for r in good.slice(0, _SAMPLE_ROWS).to_pylist()]
            return
        if good.num_rows:
            written = self._lake.write(name, good)
            load.inserted += written.inserted
            load.updated += written.updated
            load.unchanged += written.unchanged
            load.partitions += written.partitions

    def put_each(self, name: str, parts: Iterable[pa.Table]) -> None:
        """Write many tables one after the other, for what does not fit the memory at once."""
        for part in parts:
            self.put(name, part)

    def problems(self, problems: Iterable[Problem]) -> None:
        """List problems found in the source."""
        self.report.problems += [ProblemRow(**p.as_dict()) for p in problems]

    def refuse(self, name: str, count: int) -> None:
        """Count rows of table `name` that a loader left out by itself."""
        self.report.tables.setdefault(name, TableLoad()).refused += count

    def handled(self, what: str, count: int, how: str) -> None:
        """Note a kind of mess that was dealt with."""
        self.report.handled.append(Handled(what=what, count=count, how=how))

    def step(self, what: str) -> None:
        """Say what is being done next."""
        if self._progress:
            self._progress(what, self._done, self._steps)
        self._done += 1

    def finish(self) -> LoadReport:
        """The finished report."""
        self.step("done")
        self.report.seconds = round(time.monotonic() - self._started, 3)
        return self.report


def _jsonable(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v if isinstance(v, int | float | bool | None) else str(v) for k, v in row.items()}
