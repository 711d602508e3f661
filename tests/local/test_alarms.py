"""Metrics that functions write into their logs, and alarms, behave as in CloudWatch."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.local.conftest import wait_for

pytestmark = pytest.mark.cloud


def dimensions(**values):
    return [{"Name": name, "Value": value} for name, value in values.items()]


def statistics(cloud, name, **values):
    """Of the last minutes, if there are any."""
    now = datetime.now(UTC)
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Probe", MetricName=name, Dimensions=dimensions(**values), StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1), Period=600, Statistics=["Sum", "Average", "Maximum", "SampleCount"],
    )["Datapoints"]  # fmt: skip
    return {name: value for point in found for name, value in point.items() if isinstance(value, float)}


def alarm(cloud, name, metric, *, periods, points, actions=(), **values):
    """An alarm on the average of a metric, in periods of ten seconds; returns how to ask for its state."""
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="Probe", MetricName=metric, Dimensions=dimensions(**values), Statistic="Average",
        Period=10, EvaluationPeriods=periods, DatapointsToAlarm=points, Threshold=0.25,
        ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching", AlarmActions=actions,
    )  # fmt: skip
    return lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def test_metrics_in_a_functions_log_are_cloudwatchs(cloud, invoke):
    # GIVEN a function that writes metrics into its log, one value or several, among lines that only look like it
    for metrics in ({"Calls": [1, 1, 1], "Failures": 0}, {"Calls": 1, "Failures": 1}):
        # WHEN it runs
        invoke("probe-main", do="measure", dimensions={"service": "ask", "family": "a"}, metrics=metrics)
    invoke("probe-main", do="echo", value='{"_aws": {"CloudWatchMetrics": "none"}}')
    # THEN CloudWatch has them under their dimensions, each value counted
    found = wait_for(lambda: (s := statistics(cloud, "Calls", service="ask", family="a")).get("Sum") == 4 and s, 15)
    assert found["SampleCount"] == 4
    failures = statistics(cloud, "Failures", service="ask", family="a")
    assert (failures["Average"], failures["Maximum"]) == (0.5, 1.0)
    assert statistics(cloud, "Calls", service="ask", family="b") == {}


def test_an_alarm_on_such_a_metric_is_raised_and_calls_the_function_that_it_names(cloud, invoke):
    # GIVEN a function whose log says that calls failed
    invoke("probe-main", do="measure", dimensions={"family": "bad"}, metrics={"Failures": [1, 0]})
    wait_for(lambda: statistics(cloud, "Failures", family="bad"), 15)
    # WHEN an alarm judges that
    called = "arn:aws:lambda:us-east-1:000000000000:function:probe-main"
    state = alarm(cloud, "probe-bad-calls", "Failures", periods=3, points=1, actions=[called], family="bad")
    # THEN it is raised, and the function is told which alarm it is
    wait_for(lambda: state() == "ALARM", 15)
    logs = cloud.client("logs")

    def told():
        events = logs.filter_log_events(logGroupName="/probe/main")["events"]
        return [e for e in events if "alarmData" in e["message"] and "probe-bad-calls" in e["message"]]

    assert wait_for(told, 10)


def test_an_alarm_is_judged_by_the_newest_values_alone(cloud):
    # GIVEN a metric that was bad for a moment, and good in each period since
    now, cloudwatch = datetime.now(UTC), cloud.client("cloudwatch")
    for ago, value in ((36, 1.0), (26, 0.0), (16, 0.0), (6, 0.0)):
        cloudwatch.put_metric_data(
            Namespace="Probe",
            MetricData=[{"MetricName": "Past", "Timestamp": now - timedelta(seconds=ago), "Value": value}],
        )
    # WHEN alarms judge it, of as many periods as were good, and of one more
    three = alarm(cloud, "probe-past-three", "Past", periods=3, points=1)
    four = alarm(cloud, "probe-past-four", "Past", periods=4, points=1)
    # THEN only the longer memory is alarmed
    assert wait_for(lambda: (s := (three(), four())) != ("INSUFFICIENT_DATA", "INSUFFICIENT_DATA") and
                    "INSUFFICIENT_DATA" not in s and s, 15) == ("OK", "ALARM")  # fmt: skip
