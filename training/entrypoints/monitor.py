"""Monitor: what a live family decided or answered lately, how right that was, and what changed."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import ibis

from commerce import runs
from commerce.monitoring import Monitoring
from lake import Lake
from lake.curate import curate
from training.contract import TrainingError
from training.entrypoints.prepare import Settings
from training.layout import Layout
from training.progress import say
from training.registry import model_family

REPORT = runs.MONITORING.rpartition("/")[2]
REACH_DAYS = 200
"""Days of the lake that are read: the longest label delay, the decisions judged, and the past of their events."""


class Lately:
    """The lake's tables without partitions older than `since`: of years of decisions only the last weeks are opened."""

    def __init__(self, lake: Lake, since: date) -> None:
        self._lake, self._since = lake, since

    def table(self, name: str) -> ibis.Table:
        """As `Lake.table`."""
        return self._lake.table(name, since=self._since)


def run(layout: Layout) -> None:
    """The processing job."""
    monitor(Settings.of(os.environ), layout.produced("monitoring"))


def monitor(settings: Settings, folder: Path) -> Monitoring:
    """Write `monitoring.json`. What was told until now is taken in first."""
    family = model_family(settings.family)
    parameters = family.parameters(settings.parameters)
    lake = Lake.open(settings.lake)
    if settings.raw:
        say("curating new events")
        curate(lake, settings.raw)
    source = Lately(lake, settings.as_of - timedelta(days=REACH_DAYS))
    report = family.monitored(source, settings.as_of, parameters)
    if report is None:
        raise TrainingError(f"family {settings.family} reports nothing: monitor one that decides on events")
    (folder / REPORT).write_text(report.model_dump_json(indent=2))
    for name, value in report.figures.items():
        say(f"{name}: {value:.4g}")
    for finding in report.findings:
        say(f"{finding.kind}: {finding.message}")
    return report
