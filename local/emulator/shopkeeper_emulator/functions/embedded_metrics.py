"""Metrics that functions write into their logs, which CloudWatch reads from there; LocalEmu leaves them in the log.

What is written within a second goes to CloudWatch as one set of statistics per metric: an emulator that took every
line by itself would be busy with little else.
Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from localemu.aws.connect import connect_to

_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0


class _Metric(NamedTuple):
    account: str
    region: str
    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    second: int


@dataclass
class _Collector:
    """What was read and not yet handed on. A thread hands it on for as long as there is something."""

    values: dict[_Metric, list[float]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)
    running: bool = False

    def add(self, metric: _Metric, values: list[float]) -> None:
        with self.lock:
            self.values[metric] += values
            if not self.running:
                self.running = True
                threading.Thread(target=self.run, name="embedded-metrics", daemon=True).start()

    def run(self) -> None:
        while True:
            time.sleep(_PAUSE_SECONDS)
            with self.lock:
                taken, self.values = self.values, defaultdict(list)
                self.running = bool(taken)
            if not taken:
                return
            for metric, values in taken.items():
                try:
                    _put(metric, values)
                except Exception as error:  # noqa: BLE001 - one metric's failure must not lose the others
                    _LOG.warning("metric %s of %s: %s", metric.name, metric.namespace, error)


_COLLECTOR = _Collector()


def read(line: str, account: str, region: str) -> None:
    """Take the metrics of a log line, if it holds any; what is not as the format says is ignored, as by CloudWatch."""
    if '"_aws"' not in line:
        return
    try:
        for metric, values in _metrics(json.loads(line), account, region):
            _COLLECTOR.add(metric, values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        _LOG.debug("a line with _aws holds no metrics: %s", error)


def _metrics(document: dict[str, Any], account: str, region: str) -> Iterator[tuple[_Metric, list[float]]]:
    about = document["_aws"]
    second = int(about["Timestamp"]) // 1000
    for directive in about["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = tuple((name, str(document[name])) for name in names)
            for wanted in directive["Metrics"]:
                value = document[wanted["Name"]]
                values = [float(one) for one in (value if isinstance(value, list) else [value])]
                unit = wanted.get("Unit", "None")
                yield _Metric(account, region, directive["Namespace"], wanted["Name"], unit, dimensions, second), values


def _put(metric: _Metric, values: list[float]) -> None:
    statistics = {"SampleCount": len(values), "Sum": sum(values), "Minimum": min(values), "Maximum": max(values)}
    connect_to(aws_access_key_id=metric.account, region_name=metric.region).cloudwatch.put_metric_data(
        Namespace=metric.namespace,
        MetricData=[
            {
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
                "Timestamp": datetime.fromtimestamp(metric.second, UTC),
                "Unit": metric.unit,
                "StatisticValues": statistics,
            }
        ],
    )
