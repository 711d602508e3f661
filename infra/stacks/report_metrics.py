"""What is watched about the monitor's reports: what they find, what they measure, and that there are any.

What counts as a finding is decided where the report is made, with regard to how much there is to go by. None of these
alarms concerns a new version alone, so their names begin with `monitor` and hold no canary up.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from commerce.monitoring import KINDS
from infra.constructs.alarm import Alarms
from infra.functions import PUBLISH_MONITORING
from infra.stacks.models import ModelsStack

_DAY = cdk.Duration.days(1)
_SAID = {
    "precision": "finds less fraud among the events it calls most probable than half of what it promises",
    "recall": "misses more fraud at the review capacity than it promises, by half",
    "cost": "costs more by stopping good events than the losses averted by stopping frauds",
    "drift": "sees other data than before, or scores it otherwise",
}
_GRAPHS = {
    "What {} finds at the review capacity": ("PrecisionAtCapacity", "RecallAtCapacity", "Precision", "Recall"),
    "What {} costs by false positives, averts and lets through": (
        "FalsePositiveCost",
        "LossesAverted",
        "LossesLetThrough",
    ),
    "Drift of the scores of {} (PSI)": ("ScoreDrift",),
    "Features of {} that changed much": ("DriftedFeatures",),
}


def add_alarms(alarms: Alarms, models: ModelsStack) -> None:
    """Alarms of every family that is monitored."""
    for family, chosen in models.monitored.items():
        for kind in KINDS:
            metric = _of(family, f"{kind.title()}Findings", "Maximum")
            alarms.add(f"monitor-{family}-{kind}", metric, f"{family.title()} {_SAID[kind]}; its report says more")
        if chosen.enabled:
            alarms.add(
                f"monitor-{family}-silent",
                _of(family, "Reports", "Sum"),
                f"For two days there was no report on {family}; before the first there is none either",
                periods=2,
                silence=True,
            )


def graphs(models: ModelsStack) -> dict[str, list[cloudwatch.IMetric]]:
    """Graphs for the dashboard by title."""
    return {
        title.format(family): [_of(family, name, "Average") for name in names]
        for family in models.monitored
        for title, names in _GRAPHS.items()
    }


def _of(family: str, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Shopkeeper",
        metric_name=name,
        dimensions_map={"service": PUBLISH_MONITORING.name, "family": family},
        statistic=statistic,
        period=_DAY,
    )
