"""What is watched about decisions on payments, logins and sessions: what they go without, whether they are kept, how
long they take, and what is decided.

Names of a family's alarms begin with the family's, so that while one is raised no canary of it is promoted.
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.constructs.alarm import MINUTES_5, Alarms, Call
from infra.constructs.function import Function
from infra.functions import ASSESS, REVIEWS
from infra.stacks.models import ModelsStack

_DECIDED = ("Approved", "Reviewed", "Blocked", "RulesAlone")
_FAILURES = ("DecisionsWithout", "CountFailures", "SnapshotFailures")
SLOW_MS = 500
"""A decision is what a customer waits for between pressing a button and being served; most take a tenth of this."""


def add_alarms(alarms: Alarms, models: ModelsStack, functions: Sequence[Function], *, call: Call) -> None:
    """Alarms of every family that decides, and of the function that does."""
    canary = models.settings.canary
    for family in models.assessing:
        alarms.add(
            f"{family}-decisions-without",
            # Each decision counts 1 or 0: the average is their share.
            _of(ASSESS.name, family, "DecisionsWithout", "Average", cdk.Duration.seconds(canary.judged_seconds)),
            f"Of the decisions of {family} {canary.share / 2:.0%} were made without what is counted, the model or the "
            "shop's rules, which failed or were late; a challenger is taken back",
            threshold=canary.share / 2,
            periods=3,
            points=2,
            call=call,
        )
        for what, name, missed in (
            ("decisions-uncounted", "CountFailures", "are not counted: the next ones do not know of them"),
            ("decisions-untold", "SnapshotFailures", "do not reach the lake: nothing can be learned from them"),
        ):
            alarms.add(f"{family}-{what}", _of(ASSESS.name, family, name), f"Decisions of {family} {missed}")
    assess = next(each.function for each in functions if each.spec.name == ASSESS.name)
    alarms.add(
        "assess-latency",
        assess.metric_duration(period=MINUTES_5, statistic="p99"),
        f"One decision in a hundred takes {SLOW_MS} ms or more",
        threshold=SLOW_MS,
        periods=3,
    )


def graphs(models: ModelsStack) -> dict[str, list[cloudwatch.IMetric]]:
    """Graphs for the dashboard by title."""
    found: dict[str, list[cloudwatch.IMetric]] = {}
    for family in models.assessing:
        for title, service, names in (
            (
                "Decisions of {}, and those by rules alone",
                ASSESS.name,
                _DECIDED,
            ),
            ("Decisions of {} without something, not counted, not told", ASSESS.name, _FAILURES),
            ("Amounts that {} blocked", ASSESS.name, ("BlockedAmount",)),
            ("Verdicts on {}, and those of fraud", REVIEWS.name, ("Verdicts", "FraudVerdicts")),
        ):
            found[title.format(family)] = [_of(service, family, name) for name in names]
    return found


def _of(
    service: str, family: str, name: str, statistic: str = "Sum", period: cdk.Duration = MINUTES_5
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Shopkeeper",
        metric_name=name,
        dimensions_map={"service": service, "family": family},
        statistic=statistic,
        period=period,
    )
