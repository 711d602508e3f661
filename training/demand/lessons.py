"""Rows to learn from at many origins: series drawn once for all, features and outcomes of several origins at a time."""

# pyright: reportArgumentType=false, reportCallIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date

import ibis
import pandas as pd

from commerce.families.demand.parameters import DemandParameters
from lake.keeping import keeping
from training.contract import Lesson, Source
from training.demand import labels
from training.demand.features import SERIES_PER_NODE, Past
from training.demand.origins import Origins
from training.demand.sales import before

HELD_ROWS = 5_000_000
"""Periods with demand, each counted at every origin that knows it, that are held at once."""
FRAME_ROWS = 300_000
"""Rows to learn from that are put together at once."""


def lessons(source: Source, as_of: Sequence[date], parameters: DemandParameters, most_rows: int) -> Iterator[Lesson]:
    """At these dates, of as many series and nodes, drawn at random, as `most_rows` has room for at each of them.

    One pass over the sales for all; of those that were drawn then as many origins together as memory has room for.
    """
    most, end = most_rows // (len(as_of) * parameters.horizon), Origins.at(as_of, parameters).last.end
    series = most * SERIES_PER_NODE // (SERIES_PER_NODE + 1)
    with keeping() as hold:
        past = Past.of(source, as_of, parameters, hold, series, end)
        for days in itertools.batched(as_of, _together(past, len(as_of))):
            rows = pd.concat(past.parts(days), ignore_index=True)
            yield Lesson(days, ibis.memtable(rows), ibis.memtable(labels.of(past, days)))


def _together(past: Past, origins: int) -> int:
    """Origins whose features are made at once, from their mean number of rows."""
    rows = int(past.asked.count().to_pyarrow().as_py()) * past.parameters.horizon
    held = int(before(past.sales, past.asked).count().to_pyarrow().as_py())
    share = max(rows / FRAME_ROWS, held / HELD_ROWS, 1.0)
    return max(int(origins / share), 1)
