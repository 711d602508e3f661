"""What is in a table: rows, days, empty values, and counts of the rows that break a rule, in two queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis

from commerce.readiness import Finding, Requirement, TableFacts
from lake.audit.rules import Rule
from lake.schema import declared


@dataclass
class Profile:
    """A table's facts, with what the checks need beyond them."""

    facts: TableFacts
    distinct: dict[str, int] = field(default_factory=dict)
    """Distinct values of the columns that requirements name."""
    days: list[tuple[date, int]] = field(default_factory=list)
    """Rows by day, days without rows left out."""
    rule_findings: list[Finding] = field(default_factory=list)


def profile(name: str, rows: ibis.Table, requirements: Sequence[Requirement], rules: Sequence[Rule]) -> Profile:
    """Look at `rows` of table `name` once for the counts and once for the days."""
    table = declared(name)
    named = sorted({c for r in requirements for c in (*r.columns, *([r.entity] if r.entity else []))})
    measures: dict[str, Any] = {"rows": rows.count()}
    for c in table.columns:
        empty: Any = rows[c.name].isnull()
        if c.type in ("string", "json"):
            empty = empty | (rows[c.name] == "")
        measures[f"missing_{c.name}"] = empty.sum()
    measures |= {f"distinct_{c}": rows[c].nunique() for c in named}
    measures |= {f"rule_{i}": rule.breaks(rows).sum() for i, rule in enumerate(rules)}
    counted = rows.aggregate(**measures).to_pyarrow().to_pylist()[0]
    counts = {k: int(v or 0) for k, v in counted.items()}
    total = counts["rows"]
    facts = TableFacts(table=name, rows=total)
    if total == 0:
        return Profile(facts)
    by_day = rows.group_by(day=rows[table.time].cast("date")).aggregate(n=rows.count()).order_by("day")
    days = [(r["day"], int(r["n"])) for r in by_day.to_pyarrow().to_pylist()]
    facts.first, facts.last = days[0][0], days[-1][0]
    facts.daily = days
    facts.missing = {c: round(counts[f"missing_{c}"] / total, 6) for c in table.column_names if counts[f"missing_{c}"]}
    broken = [rule.finding(name, counts[f"rule_{i}"], total) for i, rule in enumerate(rules) if counts[f"rule_{i}"]]
    return Profile(facts, {c: counts[f"distinct_{c}"] for c in named}, days, broken)
