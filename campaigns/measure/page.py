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
    environment.filters["thousands"] = lambda value: f"{value:,.0f}".replace("-", "−")
    environment.filters["day"] = lambda moment: f"{moment:%Y-%m-%d}"
    environment.filters["percent"] = verdict.percent
    environment.filters["level"] = plots.level
    environment.filters["unbroken"] = lambda text: text.replace(" %", "\u00a0%")
    metrics = list(dict.fromkeys(effect.metric for effect in result.effects))
    first = result.effects[0] if result.effects else None
    return environment.get_template("page.html.j2").render(
        r=result,
        first=first,
        groups=[
            (metric, METRICS[metric], [_row(e) for e in result.effects if e.metric == metric]) for metric in metrics
        ],
        forests=[(METRICS[m], plots.forest([e for e in result.effects if e.metric == m])) for m in metrics],
        axis=plots.AXIS,
        history=plots.history(result, looks) if result.history else None,
        funnel=[(name, _steps(did), did) for name, did in result.interactions.items()],
        expected=[
            (arm, round(result.sample_ratio.expected[arm]), count)
            for arm, count in result.sample_ratio.observed.items()
        ],
        detectable=[(METRICS[d.metric], d) for d in detectable if d.metric in METRICS],
    )


def _row(effect: Effect) -> dict[str, object]:
    """An effect's numbers in its metric's unit; money's currency is in the table's head."""
    means = {
        name: verdict.amount(effect, value, None)
        for name, value in (
            ("treated", effect.treated_mean),
            ("holdout", effect.holdout_mean),
            ("difference", effect.difference),
            ("low", effect.low),
            ("high", effect.high),
            ("unadjusted", effect.unadjusted),
        )
    }
    return {"effect": effect, "name": plots.arm_name(effect.arm), **means}


def _steps(did: Interactions) -> list[tuple[str, int, float]]:
    """(step, customers, share of those sent) of the funnel."""
    counts = [(name, int(getattr(did, name))) for name in _FUNNEL]
    return [(name, count, count / did.sent if did.sent else 0.0) for name, count in counts]
