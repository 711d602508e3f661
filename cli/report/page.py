"""The report as one self-contained HTML page: styles and plots inline, readable in light and dark.

A letter is shown in frames that run no script, and the page's policy lets neither it nor them load anything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli import assessing
from cli.campaigns import showing
from cli.report import decisions, plots
from cli.report.model import VALUE_DAYS, CampaignReport, DemoReport

_TEMPLATES = Path(__file__).parent


def render(report: DemoReport) -> str:
    """HTML of the report. Every value is escaped: ids and names come from the shop's own files."""
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["thousands"] = lambda value: f"{value:,.0f}"
    environment.filters["why"] = showing.why
    environment.filters["reasons"] = assessing.why
    environment.filters["effect"] = decisions.effect
    return environment.get_template("page.html.j2").render(
        r=report,
        answer=json.dumps(report.churn.api_answer, indent=2),
        value_days=VALUE_DAYS,
        calibration=churn.curves.get("calibration", []) if (churn := report.churn.learnt.evaluation) else [],
        bars=plots.bars,
        facts={fact.table: fact for fact in report.churn.readiness.facts},
        **(_campaign(report.campaign) if report.campaign else {}),
    )


def _campaign(report: CampaignReport) -> dict[str, Any]:
    return {
        "effects": plots.rows(report),
        "plot_width": plots.WIDTH,
        "foreseen": [showing.detectable(effect) for effect in report.preview.detectable],
        "letter": report.letter.html,
    }
