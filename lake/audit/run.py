"""The audit of one family at one as-of date."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import BaseModel

from commerce.family import Family
from commerce.readiness import Finding, Readiness, Requirement
from lake.audit.labels import astray
from lake.audit.leaks import leaks
from lake.audit.profile import profile
from lake.audit.relations import orphaned, repeated
from lake.audit.requirements import unmet
from lake.audit.rules import implausible
from lake.keeping import keep
from lake.lake import Lake

_ORDER = {"error": 0, "warning": 1, "info": 2}


def audit(lake: Lake, family: Family, as_of: date, parameters: BaseModel | None = None) -> Readiness:
    """Whether the lake's rows before `as_of` can train `family` under the shop's `parameters`.

    A few queries per table that the family reads, on the lake's engine. Errors make the shop unready; warnings and
    hints do not. Only what the day before `as_of` and earlier days hold is looked at.
    """
    requirements = family.requirements(family.parameters() if parameters is None else parameters)
    by_table: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_table.setdefault(requirement.table, []).append(requirement)
    last_day = as_of - timedelta(days=1)
    # Many questions follow, and the table may be hundreds of files: they are opened once.
    tables = {name: keep(lake.table(name, until=last_day)) for name in by_table}
    findings: list[Finding] = []
    facts = []
    for name, wanted in by_table.items():
        found = profile(name, tables[name], wanted, implausible(name, as_of))
        facts.append(found.facts)
        for requirement in wanted:
            findings += unmet(requirement, found, as_of)
        if found.facts.rows == 0:
            continue
        findings += found.rule_findings
        findings += repeated(name, tables[name], found.facts.rows)
        findings += _left_out(lake, name, as_of)
        for requirement in wanted:
            findings += leaks(name, tables[name], requirement)
    filled = {fact.table for fact in facts if fact.rows}
    findings += [f for name in by_table if name in filled for f in orphaned(lake, name, tables, last_day)]
    if "labels" in filled:
        findings += astray(lake, tables["labels"], last_day)
    findings.sort(key=lambda f: _ORDER[f.severity])
    ready = not any(f.severity == "error" for f in findings)
    return Readiness(family=family.name, as_of=as_of, ready=ready, findings=findings, facts=facts)


def _left_out(lake: Lake, name: str, as_of: date) -> list[Finding]:
    """A hint when there are later rows: an as-of date in the past is usual in a rehearsal, and a slip otherwise."""
    later = lake.table(name, since=as_of)
    count = int(later.count().to_pyarrow().as_py())
    if not count:
        return []
    message = f"{name}: {count:,} rows from {as_of} on are not used"
    return [Finding(severity="info", check="leaking", table=name, count=count, message=message)]
