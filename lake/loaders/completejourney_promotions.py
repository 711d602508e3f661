"""The 20.9 million weekly displays and mailers of *The Complete Journey*, in the order the lake keeps them.

Sorting that many rows by text takes most of a minute. Here each row becomes one integer made of the ranks its texts
have in order, integers are sorted, and the lake finds the rows in order already.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_WEEKS_PER_CHUNK = 4
_FIRST_MONDAY = date(2016, 12, 26)

# Codes of the data's user guide; 0 is none.
_DISPLAYS = {
    "0": None,
    "1": "store front",
    "2": "store rear",
    "3": "front end cap",
    "4": "mid-aisle end cap",
    "5": "rear end cap",
    "6": "side-aisle end cap",
    "7": "in-aisle",
    "9": "secondary location",
    "A": "in-shelf",
}
_MAILERS = {
    "0": None,
    "A": "interior page feature",
    "C": "interior page line item",
    "D": "front page feature",
    "F": "back page feature",
    "H": "wrap front feature",
    "J": "wrap interior coupon",
    "L": "wrap back feature",
    "P": "interior page coupon",
    "X": "free on interior page",
    "Z": "free on front page, back page or wrap",
}
_KINDS = [None, "display", "mailer", "display+mailer"]


def weekly_promotions(file: Path) -> Iterator[pa.Table]:
    """Rows of the table `promotions`, a few weeks at a time; week 1 is the one that ends on 1 January 2017.

    The source gives some product, store and week twice, with and without a display: the display is kept.
    """
    parquet = pq.ParquetFile(file)
    weeks = parquet.read(columns=["week"]).column("week").to_numpy()
    if (np.diff(weeks) < 0).any():
        raise ValueError(f"{file} is not ordered by week")
    products, product_ranks = _ranks(parquet.read(columns=["product_id"]))
    stores, store_ranks = _ranks(parquet.read(columns=["store_id"]))
    displays = _codes(parquet.read(columns=["display_location"]), list(_DISPLAYS))
    mailers = _codes(parquet.read(columns=["mailer_location"]), list(_MAILERS))
    for first in range(int(weeks[0]), int(weeks[-1]) + 1, _WEEKS_PER_CHUNK):
        chunk = slice(*np.searchsorted(weeks, [first, first + _WEEKS_PER_CHUNK]))
        place = (weeks[chunk].astype(np.int64) * len(products) + product_ranks[chunk]) * len(stores) + store_ranks[
            chunk
        ]
        shown = displays[chunk].astype(np.int64) * len(_MAILERS) + mailers[chunk]
        row = place * (len(_DISPLAYS) * len(_MAILERS)) + shown
        row.sort()
        place, shown = np.divmod(row, len(_DISPLAYS) * len(_MAILERS))
        last = np.append(place[1:] != place[:-1], True)
        yield _rows(place[last], shown[last], products, stores)


def _ranks(column: pa.Table) -> tuple[pa.Array, np.ndarray]:
    """The distinct values as text in order, and each row's place among them."""
    encoded = column.column(0).combine_chunks().dictionary_encode()
    texts = np.array(encoded.dictionary.to_pylist()).astype(str)
    order = np.argsort(texts)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return pa.array(texts[order].tolist(), pa.string()), rank[encoded.indices.to_numpy()]


def _codes(column: pa.Table, codes: list[str]) -> np.ndarray:
    encoded = column.column(0).combine_chunks().dictionary_encode()
    places = np.array([codes.index(c) for c in encoded.dictionary.to_pylist()], np.int8)
    return places[encoded.indices.to_numpy()]


def _rows(place: np.ndarray, shown: np.ndarray, products: pa.Array, stores: pa.Array) -> pa.Table:
    place, store = np.divmod(place, len(stores))
    week, product = np.divmod(place, len(products))
    display, mailer = np.divmod(shown, len(_MAILERS))
    first, last = int(week.min()), int(week.max())
    span = range(first, last + 1)
    starts = pa.array([_FIRST_MONDAY + timedelta(weeks=w - 1) for w in span])
    ends = pa.array([_FIRST_MONDAY + timedelta(weeks=w - 1, days=6) for w in span])
    names = pa.array([f"week-{w:02d}" for w in span])
    kind = (display > 0).astype(np.int8) + 2 * (mailer > 0).astype(np.int8)
    pick = pa.array(week - first)
    return pa.table(
        {
            "promotion_id": names.take(pick),
            "product_id": products.take(pa.array(product)),
            "store_id": stores.take(pa.array(store)),
            "starts_on": starts.take(pick),
            "ends_on": ends.take(pick),
            "kind": pa.array(_KINDS, pa.string()).take(pa.array(kind)),
            "display": pa.array(list(_DISPLAYS.values())).take(pa.array(display)),
            "mailer": pa.array(list(_MAILERS.values())).take(pa.array(mailer)),
        }
    )
