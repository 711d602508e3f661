"""A family's requirements against what is there: rows, days, entities, filled columns, freshness, variation."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Literal

from commerce.readiness import Check, Finding, Requirement
from lake.audit.profile import Profile
from lake.schema import declared

_WORTH_SAYING = 0.05
_GAP_DAYS = 14
_DENSE = 0.5


def unmet(requirement: Requirement, found: Profile, as_of: date) -> list[Finding]:
    """Findings for what `requirement` asks and the table lacks."""
    facts = found.facts
    name = requirement.table
    if facts.rows == 0:
        severity: Literal["info", "error"] = "info" if requirement.optional else "error"
        message = f"{name}: there are no rows before {as_of}"
        advice = f"load {name}: {declared(name).doc}"
        return [Finding(severity=severity, check="insufficient", table=name, message=message, advice=advice)]
    findings = _amounts(requirement, found)
    findings += _age(requirement, found, as_of)
    for column in requirement.columns:
        findings += _column(requirement, found, column)
    findings += _gap(name, found)
    return findings


def _error(check: Check, table: str, message: str, advice: str, **more: object) -> Finding:
    return Finding.model_validate(
        {"severity": "error", "check": check, "table": table, "message": message, "advice": advice, **more}
    )


def _amounts(requirement: Requirement, found: Profile) -> list[Finding]:
    facts, name = found.facts, requirement.table
    findings = []
    if facts.rows < requirement.min_rows:
        message = f"{name}: {facts.rows:,} rows, at least {requirement.min_rows:,} are needed"
        findings.append(_error("insufficient", name, message, "load a longer history", count=facts.rows))
    assert facts.first is not None  # noqa: S101 - a table with rows has a first and a last day
    assert facts.last is not None  # noqa: S101 - likewise
    days = (facts.last - facts.first).days
    if days < requirement.min_days:
        message = f"{name}: {days} days from {facts.first} to {facts.last}, at least {requirement.min_days} are needed"
        findings.append(_error("insufficient", name, message, "load a longer history", count=days))
    if requirement.entity and (entities := found.distinct[requirement.entity]) < requirement.min_entities:
        message = f"{name}.{requirement.entity}: {entities:,} different, at least {requirement.min_entities:,} needed"
        advice = "load more of the shop, or wait until it has grown"
        findings.append(_error("insufficient", name, message, advice, column=requirement.entity, count=entities))
    return findings


def _age(requirement: Requirement, found: Profile, as_of: date) -> list[Finding]:
    last = found.facts.last
    if requirement.max_age_days is None or last is None:
        return []
    oldest = as_of - timedelta(days=requirement.max_age_days)
    if last >= oldest:
        return []
    age = (as_of - last).days
    message = f"{requirement.table}: the newest row is of {last}, {age} days before {as_of}"
    advice = f"at most {requirement.max_age_days} days: load what is newer, or choose an earlier as-of date"
    return [_error("stale", requirement.table, message, advice, count=age)]


def _column(requirement: Requirement, found: Profile, column: str) -> list[Finding]:
    name, rows = requirement.table, found.facts.rows
    share = found.facts.missing.get(column, 0.0)
    if share > requirement.max_missing or share > _WORTH_SAYING:
        severe = share > requirement.max_missing
        return [
            Finding(
                severity="error" if severe else "warning",
                check="missing",
                table=name,
                column=column,
                count=round(share * rows),
                share=share,
                message=f"{name}.{column}: empty in {share:.0%} of the rows",
                advice=f"fill it in at least {1 - requirement.max_missing:.0%} of them" if severe else "",
            )
        ]
    if rows > 1 and found.distinct[column] == 1:
        message = f"{name}.{column}: the same value in all {rows:,} rows"
        advice = "check the export: nothing can be learned from it"
        return [
            Finding(
                severity="warning",
                check="constant",
                table=name,
                column=column,
                count=rows,
                message=message,
                advice=advice,
            )
        ]
    return []


def _gap(name: str, found: Profile) -> list[Finding]:
    """Weeks without a row in a table that has rows on most days: an export was forgotten."""
    days = [day for day, _ in found.days]
    if len(days) < _DENSE * ((days[-1] - days[0]).days + 1) or len(days) < _GAP_DAYS:
        return []
    width, start = max((later - earlier, earlier) for earlier, later in itertools.pairwise(days))
    if width.days <= _GAP_DAYS:
        return []
    message = f"{name}: no rows for {width.days - 1} days after {start}"
    return [
        Finding(
            severity="warning",
            check="missing",
            table=name,
            column=declared(name).time,
            count=width.days - 1,
            message=message,
            advice="load the export of that time",
        )
    ]
