"""Rows that repeat each other under different keys, and rows that point to what is not there."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import ibis

from commerce.readiness import Finding
from lake.lake import Lake
from lake.schema import declared

# Columns that point to another table's rows, wherever they occur.
_POINTS_TO = {"customer_id": "customers", "product_id": "products", "order_id": "orders"}
_ALIKE = frozenset({"labels"})
"""Tables whose rows may well be equal in all but the key: many labels come at once, and say the same."""
_TOLERATED_REPEATS = 0.005
_TOLERATED_ORPHANS = 0.01


def repeated(name: str, rows: ibis.Table, total: int) -> list[Finding]:
    """Rows equal in everything but the key: usually one export loaded under two numberings.

    Tables whose key holds their time are snapshots, which may repeat; they are not looked at.
    """
    table = declared(name)
    if table.time in table.key or name in _ALIKE:
        return []
    content = [c for c in table.column_names if c not in table.key]
    kept = rows
    if "customer_id" in content:
        # Anonymous rows of one minute may well be alike.
        kept = kept.filter(kept.customer_id.notnull())
    groups = kept.group_by(content).aggregate(n=kept.count()).filter(ibis._.n > 1)
    times: Any = groups.n
    answer = groups.aggregate(extra=times.sum() - groups.count()).to_pyarrow().to_pylist()[0]["extra"]
    extra = int(answer or 0)
    if not extra:
        return []
    share = extra / total
    severity: Literal["warning", "info"] = "warning" if share > _TOLERATED_REPEATS else "info"
    return [
        Finding(
            severity=severity,
            check="duplicated",
            table=name,
            column=", ".join(table.key),
            count=extra,
            share=round(share, 6),
            message=f"{name}: {extra:,} of {total:,} rows repeat another in everything but {', '.join(table.key)}",
            advice="check whether an export was loaded twice under other numbers",
        )
    ]


def orphaned(lake: Lake, name: str, tables: dict[str, ibis.Table], last_day: date) -> list[Finding]:
    """Rows whose customer, product or order is not in its table; tables that are empty are not missed here."""
    findings = []
    rows = tables[name]
    for column, target in _POINTS_TO.items():
        if target == name or column not in rows.columns or not any(day <= last_day for day in lake.days(target)):
            continue
        there = tables[target] if target in tables else lake.table(target, until=last_day)
        known = there.select(known=there[column]).distinct()
        pointing: Any = rows.select(pointing=rows[column]).left_join(known, [("pointing", "known")])
        lost = pointing.pointing.notnull() & pointing.known.isnull()
        counted = pointing.aggregate(lost=lost.sum(), rows=pointing.count()).to_pyarrow().to_pylist()[0]
        count, total = int(counted["lost"] or 0), int(counted["rows"])
        if not count:
            continue
        share = count / total
        severity: Literal["warning", "info"] = "warning" if share > _TOLERATED_ORPHANS else "info"
        findings.append(
            Finding(
                severity=severity,
                check="orphaned",
                table=name,
                column=column,
                count=count,
                share=round(share, 6),
                message=f"{name}.{column}: {count:,} of {total:,} rows name one that is not in {target}",
                advice=f"load the missing {target}",
            )
        )
    return findings
