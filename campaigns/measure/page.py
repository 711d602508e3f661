"""A look as one self-contained HTML page: styles and plots inline, readable in light and dark and on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from campaigns.measure import plots, verdict
from commerce.campaigns.audience import Detectable
from commerce.campaigns.result import CampaignResult, Effect, Interactions

_TEMPLATES = Path(__file__).parent
_FUNNEL = ("sent", "delivered", "opened", "clicked")
METRICS = {"conversion": "Customers who ordered", "revenue": "Revenue per customer"}


def render(result: CampaignResult, looks: Sequence[datetime], detectable: Sequence[Detectable]) -> str:
    """HTML of the look. `looks`: times of all that are planned; `detectable`: what was foreseen before the start.

    Every value is escaped: names come from the campaign's author.
    """
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["thousands"] = lambda value: f"{value:,.0f}"
    environment.filters["day"] = lambda moment: f"{moment:%Y-%m-%d}"
    environment.filters["percent"] = verdict.percent
    metrics = list(dict.fromkeys(effect.metric for effect in result.effects))
    first = result.effects[0] if result.effects else None
    return environment.get_template("page.html.j2").render(
        r=result,
        first=first,
        groups=[(metric, METRICS[metric], _rows(result, metric)) for metric in metrics],
        forests=[(METRICS[m], plots.forest([e for e in result.effects if e.metric == m])) for m in metrics],
        history=plots.history(result, looks) if result.history else None,
        funnel=[(name, _steps(did), did) for name, did in result.interactions.items()],
        expected=[
            (arm, round(result.sample_ratio.expected[arm]), count)
            for arm, count in result.sample_ratio.observed.items()
        ],
        detectable=[(METRICS[d.metric], d) for d in detectable if d.metric in METRICS],
    )


def _rows(result: CampaignResult, metric: str) -> list[dict[str, object]]:
    return [_row(effect, result.currency) for effect in result.effects if effect.metric == metric]


def _row(effect: Effect, currency: str | None) -> dict[str, object]:
    """An effect's numbers in its metric's unit."""
    total = verdict.money(effect.total, currency) if effect.metric == "revenue" else f"{effect.total:,.0f}"
    return {
        "effect": effect,
        "name": plots.arm_name(effect.arm),
        "treated": verdict.amount(effect, effect.treated_mean, currency),
        "holdout": verdict.amount(effect, effect.holdout_mean, currency),
        "difference": verdict.amount(effect, effect.difference, currency),
        "low": verdict.amount(effect, effect.low, currency),
        "high": verdict.amount(effect, effect.high, currency),
        "unadjusted": verdict.amount(effect, effect.unadjusted, currency),
        "total": total,
    }


def _steps(did: Interactions) -> list[tuple[str, int, float]]:
    """(step, customers, share of those sent) of the funnel."""
    counts = [(name, int(getattr(did, name))) for name in _FUNNEL]
    return [(name, count, count / did.sent if did.sent else 0.0) for name, count in counts]
