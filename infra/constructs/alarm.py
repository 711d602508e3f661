"""An alarm that tells the topic when something goes wrong and when it is right again."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

_COMPARE = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_MISSING = cloudwatch.TreatMissingData


@jsii.implements(cloudwatch.IAlarmAction)
class Call:
    """Calls `function`; a permission of the function's has to let CloudWatch's alarms do so.

    CDK's own action would grant it where the function is, which is a stack that the alarm's depends on.
    """

    def __init__(self, function: lambda_.Function) -> None:
        self._function = function

    def bind(self, _scope: Construct, _alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        """What the alarm is told to do."""
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._function.function_arn)


class Alarms(Construct):
    """Makes alarms called `<prefix>-<what>`; minutes without data are healthy minutes, unless silence is the alarm."""

    def __init__(self, scope: Construct, id_: str, *, prefix: str, topic: sns.Topic) -> None:
        super().__init__(scope, id_)
        self._prefix = prefix
        self._action = actions.SnsAction(topic)  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        self.made: list[cloudwatch.Alarm] = []

    def add(
        self,
        what: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: float = 1,
        periods: int = 1,
        points: int | None = None,
        call: Call | None = None,
        silence: bool = False,
    ) -> cloudwatch.Alarm:
        """Alarm when `metric` reaches `threshold` in `points` of `periods` periods; makes the `call` when it does.

        With `silence` it is the other way round: alarm when the metric stays below the threshold, or says nothing.
        """
        id_ = "".join(part.title() for part in what.replace("_", "-").split("-"))
        alarm = cloudwatch.Alarm(
            self,
            id_,
            alarm_name=f"{self._prefix}-{what}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=points or periods,
            comparison_operator=_BELOW if silence else _COMPARE,
            treat_missing_data=_MISSING.BREACHING if silence else _MISSING.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        if call is not None:
            alarm.add_alarm_action(call)  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        alarm.add_ok_action(self._action)  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        self.made.append(alarm)
        return alarm


MINUTES_5 = cdk.Duration.minutes(5)
