"""Alarms found, and judged, as by CloudWatch.

Found by several filters at once: LocalEmu takes the first of prefix, names and state, and forgets the others. A canary
is judged by the alarms of its endpoint that are raised; with the state forgotten, every alarm would count.

Judged once in every period, by as many of the newest values as the alarm has periods: LocalEmu looks once in all of
them together, and counts older values in, so that an alarm comes late and stays long.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import functools
import logging
from typing import Any

from localemu.services.cloudwatch import alarm_scheduler
from localemu.services.cloudwatch.alarm_scheduler import AlarmScheduler
from localemu.services.cloudwatch.provider_v2 import CloudwatchProvider

_LOG = logging.getLogger(__name__)


def _schedule(self: AlarmScheduler, alarm_arn: str) -> None:
    """Judge the alarm now and once in every period; one that LocalEmu cannot judge, such as of a percentile, stays."""
    details = alarm_scheduler.get_metric_alarm_details_for_alarm_arn(alarm_arn)
    self.delete_scheduler_for_alarm(alarm_arn)
    if not details or not self._is_alarm_supported(details):
        return
    self.scheduled_alarms[alarm_arn] = self.scheduler.schedule(
        func=alarm_scheduler.calculate_alarm_state,
        period=details["Period"],
        fixed_rate=True,
        args=[alarm_arn],
        on_error=lambda error: _LOG.warning("alarm %s: %s", alarm_arn, error),
    )


def install() -> None:
    """Let the state filter what the other filters found, and judge in time by the newest values."""
    describe = CloudwatchProvider.describe_alarms

    @functools.wraps(describe)
    def describe_in_state(self: CloudwatchProvider, context: Any, *args: Any, **kwargs: Any) -> Any:
        output = describe(self, context, *args, **kwargs)
        state = kwargs.get("state_value")
        if state:
            for kind in ("MetricAlarms", "CompositeAlarms"):
                output[kind] = [alarm for alarm in output.get(kind) or [] if alarm["StateValue"] == state]
        return output

    exceeded = alarm_scheduler.is_threshold_exceeded

    @functools.wraps(exceeded)
    def exceeded_of_late(metric_values: list[float], alarm_details: Any) -> bool:
        # The newest come first.
        return exceeded(metric_values[: alarm_details["EvaluationPeriods"]], alarm_details)

    CloudwatchProvider.describe_alarms = describe_in_state
    AlarmScheduler.schedule_metric_alarm = _schedule
    alarm_scheduler.is_threshold_exceeded = exceeded_of_late
