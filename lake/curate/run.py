"""One curation: new raw files → `events`, each message once → every derived table that they concern.

Exactly once rests on keys alone: every step writes rows that follow from the set of events, so a run that is killed
and repeated, or files taken in another order, end in the same tables. The ledger only saves work.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, Field

from commerce.tables import TABLES
from lake.curate import customers, orders, products, raw, records
from lake.curate.intake import fetch, fetch_events, named, parsed, prop, take_in
from lake.curate.ledger import Ledger
from lake.lake import Lake
from lake.schema import from_records
from lake.stores import Store, open_store
from lake.validate import conform

_BATCH_FILES = 500

# Which property finds the other events of a row that several events may speak of, and whether those may be on
# another day than the row's own.
_RELATED = {
    "Login Attempted": ("login_id", True),
    "Payment Attempted": ("payment_id", True),
    "Session Observed": ("session_id", True),
    "Label Given": ("event_id", True),
    "Decision Made": ("decision_id", True),
    "Items Shown": ("exposure_id", True),
    "Marketing Spent": ("channel", True),
    "Stock Counted": ("product_id", False),
    "Delivery Updated": ("purchase_order_id", True),
    "Supply Terms Changed": ("product_id", False),
    "Location Changed": ("location_id", False),
    "Competitor Price Observed": ("product_id", False),
}

Row = dict[str, Any]


class TableCounts(BaseModel):
    """What a curation wrote to one table."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


class CurationReport(BaseModel):
    """What a curation took in. Nothing is lost silently: `bad_lines` are kept aside, `underivable` stay in `events`."""

    files: int = 0
    lines: int = 0
    bad_lines: int = 0
    events: int = Field(default=0, description="messages that were new")
    repeated: int = Field(default=0, description="copies of messages known already")
    underivable: dict[str, int] = Field(default_factory=dict, description="reason → events that made no row")
    tables: dict[str, TableCounts] = Field(default_factory=dict)


def curate(
    lake: Lake,
    raw_root: str | Path,
    *,
    look_back: timedelta = timedelta(days=90),
    progress: Callable[[str, int, int], None] | None = None,
) -> CurationReport:
    """Take the raw files below `raw_root` that are new into `lake`, and derive what they concern.

    `look_back` is how far from an event its copies and the events that belong to the same order, payment or customer
    are looked for; beyond it, the derived row in the lake stands for them. Bad lines go to
    `_curation/rejected/<file>.jsonl` in the lake, with line number and reason.
    """
    source = open_store(raw_root)
    ledger = Ledger(lake.store, str(raw_root))
    taken = ledger.read()
    new = {key: tag for key, tag in source.list("").items() if taken.get(key) != tag}
    report = CurationReport()
    for done, batch in enumerate(_batches(sorted(new))):
        if progress:
            progress("raw files", done * _BATCH_FILES, len(new))
        rows: list[Row] = []
        for file in _read(source, batch):
            report.files += 1
            report.lines += len(file.rows) + len(file.bad)
            report.bad_lines += len(file.bad)
            rows += file.rows
            _keep_aside(lake.store, file)
        kept, fresh = take_in(lake, rows, look_back)
        report.events += fresh
        report.repeated += len(rows) - fresh
        _derive(lake, [parsed(r) for r in kept], look_back, report)
        ledger.add({key: new[key] for key in batch})
    if progress:
        progress("raw files", len(new), len(new))
    return report


def _batches(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), _BATCH_FILES):
        yield keys[start : start + _BATCH_FILES]


def _read(source: Store, keys: list[str]) -> Iterator[raw.RawFile]:
    with ThreadPoolExecutor(source.threads) as pool:
        for key, (data, _) in zip(keys, pool.map(source.read, keys), strict=True):
            yield raw.parse(key, data)


def _keep_aside(store: Store, file: raw.RawFile) -> None:
    if not file.bad:
        return
    key = f"_curation/rejected/{file.key}.jsonl"
    data = "".join(json.dumps(b, ensure_ascii=True) + "\n" for b in file.bad).encode()
    try:
        present, tag = store.read(key)
    except FileNotFoundError:
        present, tag = None, None
    if present != data:
        store.put(key, data, tag)


def _derive(lake: Lake, events: list[Row], look_back: timedelta, report: CurationReport) -> None:
    if not events:
        return
    days = [e["timestamp"].date() for e in events]
    near, far = min(days), max(days)
    since, until = near - look_back, far + look_back
    track = [e for e in events if e["type"] == "track"]

    failed: list[tuple[Row, str]] = []
    for name in dict.fromkeys(e["name"] for e in track if e["name"] in records.RECORDS):
        of_name = [e for e in track if e["name"] == name]
        own, bad = records.derive(of_name)
        failed += bad
        for table, rows in own.items():
            if name in _RELATED:
                field, other_days = _RELATED[name]
                span = (since, until) if other_days else (near, far)
                values = {str(e["properties"][field]) for e in of_name if e["properties"].get(field) is not None}
                everything, _ = records.derive(fetch_events(lake, named([name]), prop(field), values, *span))
                # An event without the property, such as a login without an id, has no others beside it.
                latest = {_key(table, r): r for r in rows}
                latest |= {k: r for r in everything.get(table, []) if (k := _key(table, r)) in latest}
                rows = list(latest.values())
            _write(lake, table, rows, look_back, report)
    for event, reason in failed:
        _count(report, f"{event['name']}: {reason}")

    order_ids = {i for e in track if e["name"] in orders.NAMES and (i := str(e["properties"].get("order_id") or ""))}
    _derive_orders(lake, order_ids, since, until, look_back, report)

    ids = {e["customer_id"] for e in events if e["type"] == "identify" and e["customer_id"]}
    identifies = _grouped(fetch_events(lake, "type = 'identify'", "customer_id", ids, since, until), "customer_id")
    known = _grouped(fetch(lake, "customers", "customer_id", ids, None, None), "customer_id")
    states = [r for i in ids for r in customers.derive(i, identifies.get(i, []), known.get(i, []))]
    _write(lake, "customers", states, look_back, report)

    seen = {e["timestamp"].date().isoformat() for e in track if e["name"] in products.NAMES}
    of_days = fetch_events(lake, named(products.NAMES), "strftime(timestamp, '%Y-%m-%d')", seen, near, far)
    _write(lake, "products", products.derive(of_days), look_back, report)


def _derive_orders(
    lake: Lake, ids: set[str], since: Any, until: Any, look_back: timedelta, report: CurationReport
) -> None:
    if not ids:
        return
    told = _grouped(fetch_events(lake, named(orders.NAMES), prop("order_id"), ids, since, until), "order_id")
    known = {r["order_id"]: r for r in fetch(lake, "orders", "order_id", ids, None, None)}
    untold = [i for i in known if not any(e["name"] in orders.PLACED for e in told.get(i, []))]
    lines = _grouped(fetch(lake, "order_lines", "order_id", untold, None, None), "order_id")
    heads: list[Row] = []
    bodies: list[Row] = []
    for order_id in sorted(ids):
        head, body = orders.derive(order_id, told.get(order_id, []), known.get(order_id), lines.get(order_id, []))
        heads += head
        bodies += body
        if not head:
            _count(report, "Order Refunded or Cancelled: the order itself is not known yet")
    # Lines first: an order that is there has its lines.
    _write(lake, "order_lines", bodies, look_back, report)
    _write(lake, "orders", heads, look_back, report)


def _grouped(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        value = row[column] if column in row else str(row["properties"].get(column))
        groups.setdefault(value, []).append(row)
    return groups


def _key(table: str, row: Row) -> tuple:
    return tuple(row[k] for k in TABLES[table].key)


def _write(lake: Lake, table: str, rows: list[Row], look_back: timedelta, report: CurationReport) -> None:
    """Write derived rows; one that does not fit the table is counted and stays out, the others go in."""
    fitting = _fitting(table, rows)
    if len(fitting) < len(rows):
        _count(report, f"{table}: a value does not fit", len(rows) - len(fitting))
    if not fitting:
        return
    written = lake.write(table, from_records(table, fitting), look_back=look_back)
    counts = report.tables.setdefault(table, TableCounts())
    counts.inserted += written.inserted
    counts.updated += written.updated
    counts.unchanged += written.unchanged


def _fitting(table: str, rows: list[Row]) -> list[Row]:
    try:
        bad = conform(table, from_records(table, rows)).bad
        return [r for r, wrong in zip(rows, bad, strict=True) if not wrong]
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError, UnicodeEncodeError):
        if len(rows) == 1:
            return []
        middle = len(rows) // 2
        return _fitting(table, rows[:middle]) + _fitting(table, rows[middle:])


def _count(report: CurationReport, reason: str, count: int = 1) -> None:
    report.underivable = dict(Counter(report.underivable) + Counter({reason: count}))
