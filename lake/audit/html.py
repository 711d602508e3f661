"""The audit as one self-contained page: findings, facts and plots, no script, no request, light and dark."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, Template, select_autoescape

from commerce.readiness import Readiness, TableFacts

_WIDTH, _LEFT, _HEIGHT, _FLOOR = 480, 44, 150, 128
_MOST_BARS = 110
_ROW = 22


def render(*verdicts: Readiness) -> str:
    """HTML of one or more verdicts."""
    return _template().render(verdicts=[_section(v) for v in verdicts])


@cache
def _template() -> Template:
    return Environment(
        loader=PackageLoader("lake.audit", "."), autoescape=select_autoescape(["html", "j2"])
    ).get_template("page.html.j2")


def _section(readiness: Readiness) -> dict[str, Any]:
    counts = [
        f"{n} {word}{'' if n == 1 else 's'}"
        for word in ("error", "warning")
        if (n := sum(f.severity == word for f in readiness.findings))
    ]
    plots = [p for facts in readiness.facts if facts.rows for p in (_over_time(facts), _empty(facts)) if p]
    return {
        "family": readiness.family,
        "as_of": readiness.as_of,
        "ready": readiness.ready,
        "counts": ", ".join(counts) or "nothing stands in the way",
        "findings": readiness.findings,
        "facts": readiness.facts,
        "plots": plots,
    }


def _over_time(facts: TableFacts) -> dict[str, Any] | None:
    """Bars of rows by day, week or longer, whatever fits; none for a table of a single day."""
    if facts.first is None or facts.last is None or facts.first == facts.last:
        return None
    days = (facts.last - facts.first).days + 1
    span = next(s for s in (1, 7, 14, 28, 56, 112, 365, days) if days / s <= _MOST_BARS)
    bars = [0] * (-(-days // span))
    for day, count in facts.daily:
        bars[(day - facts.first).days // span] += count
    most = max(bars)
    step = (_WIDTH - _LEFT) / len(bars)
    marks: list[dict[str, Any]] = []
    for i, count in enumerate(bars):
        start = facts.first + timedelta(days=i * span)
        height = round((_FLOOR - 14) * count / most, 2)
        marks.append(
            {
                "kind": "bar",
                "x": round(_LEFT + i * step, 2),
                "y": round(_FLOOR - height, 2),
                "w": round(max(step - 1, step * 0.7), 2),
                "h": height,
                "title": f"{_span(start, span, facts.last)}: {count:,} rows",
            }
        )
    marks += [
        {"x": _LEFT - 6, "y": 18, "anchor": "end", "text": _short(most)},
        {"x": _LEFT - 6, "y": _FLOOR + 3, "anchor": "end", "text": "0"},
        {"x": _LEFT, "y": _HEIGHT - 6, "anchor": "start", "text": str(facts.first)},
        {"x": _WIDTH, "y": _HEIGHT - 6, "anchor": "end", "text": str(facts.last)},
    ]
    unit = {1: "day", 7: "week"}.get(span, f"{span} days")
    return _plot(facts, f"rows per {unit}", marks, _HEIGHT, _FLOOR)


def _empty(facts: TableFacts) -> dict[str, Any] | None:
    """Bars of the share of empty values, for the columns that have any."""
    columns = sorted(facts.missing.items(), key=lambda item: -item[1])
    if not columns:
        return None
    height = _ROW * len(columns) + 6
    left, wide = 130, _WIDTH - 130 - 52
    marks: list[dict[str, Any]] = []
    for i, (column, share) in enumerate(columns):
        y = i * _ROW + 5
        title = f"{column}: {share:.1%} empty"
        percent = f"{share:.0%}" if share >= 0.01 else "< 1%"
        marks += [
            {"x": left - 8, "y": y + 11, "anchor": "end", "text": column},
            {"kind": "track", "x": left, "y": y + 2, "w": wide, "h": 10, "title": title},
            {"kind": "bar", "x": left, "y": y + 2, "w": round(wide * share, 2), "h": 10, "title": title},
            {"x": _WIDTH, "y": y + 11, "anchor": "end", "text": percent},
        ]
    return _plot(facts, "share of empty values by column", marks, height, height)


def _plot(facts: TableFacts, title: str, marks: list[dict[str, Any]], height: int, floor: int) -> dict[str, Any]:
    left = _LEFT if floor < height else _WIDTH
    return {
        "table": facts.table,
        "title": title,
        "marks": marks,
        "width": _WIDTH,
        "height": height,
        "floor": floor,
        "left": left,
    }


def _span(start: date, days: int, last: date) -> str:
    end = min(start + timedelta(days=days - 1), last)
    return str(start) if end == start else f"{start} to {end}"


def _short(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}".rstrip("0").rstrip(".") + letter
    return str(count)
