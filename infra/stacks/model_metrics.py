"""What is watched about models that answer in real time. While one of these alarms is raised no canary is promoted.

The release step finds them by their names, which begin with the endpoint's, and they call it themselves.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.constructs.alarm import MINUTES_5, Alarms, Call
from infra.constructs.endpoint import VARIANT, Endpoint
from infra.stacks.models import ModelsStack

_MINUTE = cdk.Duration.minutes(1)


def add_alarms(alarms: Alarms, models: ModelsStack, *, call: Call) -> None:
    """Alarms of every endpoint, and of the questions that the API asks it."""
    for family, endpoint in models.endpoints.items():
        for what, name, statistic, threshold in (
            ("errors", "Invocation5XXErrors", "Sum", 3),
            ("latency", "ModelLatency", "p99", 2_000_000),
        ):
            alarms.add(
                f"{family}-{what}",
                _endpoint(endpoint, name, statistic),
                f"The endpoint of {family}: {what} (latency in microseconds); a challenger is taken back",
                threshold=threshold,
                periods=5,
                points=3,
                call=call,
            )
    canary = models.settings.canary
    for family in models.asked:
        alarms.add(
            f"{family}-failed-calls",
            # A failed call counts 1 and any other 0, so that the average is the share of calls that failed: it means
            # the same in a shop of ten calls a minute and of ten thousand.
            _ask(family, "ModelFailures", "Average", cdk.Duration.seconds(canary.judged_seconds)),
            f"Of the calls of the model of {family} {canary.share / 2:.0%} failed, half of what a canary that never "
            "answers makes fail; the baseline answered instead, and a challenger is taken back",
            threshold=canary.share / 2,
            # Not one of one: a container that starts fails the calls that come while it loads the version.
            periods=3,
            points=2,
            call=call,
        )


def graphs(models: ModelsStack) -> dict[str, list[cloudwatch.IMetric]]:
    """Graphs for the dashboard by title."""
    found: dict[str, list[cloudwatch.IMetric]] = {}
    for family, endpoint in models.endpoints.items():
        latency = [_endpoint(endpoint, "ModelLatency", statistic) for statistic in ("p50", "p99")]
        found[f"Latency of the endpoint of {family} (microseconds)"] = list(latency)
    for family in models.asked:
        calls = [_ask(family, name, "Sum", MINUTES_5) for name in ("ModelCalls", "ModelFailures")]
        found[f"Questions to the model of {family}, and those that it failed"] = list(calls)
    return found


def _endpoint(endpoint: Endpoint, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name=name,
        dimensions_map={"EndpointName": endpoint.name, "VariantName": VARIANT},
        statistic=statistic,
        period=_MINUTE,
    )


def _ask(family: str, name: str, statistic: str, period: cdk.Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Shopkeeper",
        metric_name=name,
        dimensions_map={"service": "ask", "family": family},
        statistic=statistic,
        period=period,
    )
