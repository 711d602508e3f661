"""What is watched: alarms, whom they tell, the dashboard."""

from __future__ import annotations

import json

from commerce.families import discover
from commerce.monitoring import KINDS


def test_failing_calls_of_a_family_with_a_route_raise_an_alarm_that_takes_a_challenger_back(dev):
    # GIVEN the families that answer questions of their own
    routed = [name for name, family in discover().items() if family.route]
    alarms = {a["AlarmName"]: a for a in dev.of("AWS::CloudWatch::Alarm").values()}
    (permission,) = (
        p
        for p in dev.of("AWS::Lambda::Permission").values()
        if p["Principal"] == "lambda.alarms.cloudwatch.amazonaws.com"
    )
    # WHEN their alarms are read
    # THEN each judges the share of failed calls of one family, below what a canary that never answers causes, under a
    # name that the release step looks for, and may call it
    assert routed
    for family in routed:
        alarm = alarms[f"shopkeeper-dev-{family}-failed-calls"]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (
            "Shopkeeper",
            "ModelFailures",
            "Average",
        )
        assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {"service": "ask", "family": family}
        assert (alarm["Threshold"], alarm["Period"], alarm["TreatMissingData"]) == (0.05, 60, "notBreaching")
        for what in ("failed-calls", "errors", "latency"):
            assert permission["FunctionName"] in alarms[f"shopkeeper-dev-{family}-{what}"]["AlarmActions"]
            assert permission["FunctionName"] not in alarms[f"shopkeeper-dev-{family}-{what}"]["OKActions"]


def test_decisions_that_go_without_or_are_not_kept_raise_alarms_of_their_family(dev):
    # GIVEN the families that decide on events
    deciding = [name for name, family in discover().items() if family.assessment]
    alarms = {a["AlarmName"]: a for a in dev.of("AWS::CloudWatch::Alarm").values()}
    # WHEN their alarms are read THEN each has one of the share that went without, which takes a challenger back, and
    # two of what must never happen
    assert deciding
    for family in deciding:
        found = {
            what: alarms[f"shopkeeper-dev-{family}-decisions-{what}"] for what in ("without", "uncounted", "untold")
        }
        assert {
            what: (a["MetricName"], a["Statistic"], a["Threshold"], a["EvaluationPeriods"]) for what, a in found.items()
        } == {
            "without": ("DecisionsWithout", "Average", 0.05, 3),
            "uncounted": ("CountFailures", "Sum", 1, 1),
            "untold": ("SnapshotFailures", "Sum", 1, 1),
        }
        for alarm in found.values():
            assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {"service": "assess", "family": family}
        assert [len(found[what]["AlarmActions"]) for what in ("without", "uncounted", "untold")] == [2, 1, 1]


def test_findings_of_a_report_and_its_absence_raise_alarms_that_hold_no_canary_up(dev, local_assembly):
    # GIVEN the families that are monitored
    monitored = [name for name, family in discover().items() if family.monitoring]
    alarms = {a["AlarmName"]: a for a in dev.of("AWS::CloudWatch::Alarm").values()}
    # WHEN their alarms are read
    for family in monitored:
        found = {name: a for name, a in alarms.items() if name.startswith(f"shopkeeper-dev-monitor-{family}-")}
        # THEN there is one of each kind of finding
        kinds = {f"shopkeeper-dev-monitor-{family}-{kind}": f"{kind.title()}Findings" for kind in KINDS}
        silent = found.pop(f"shopkeeper-dev-monitor-{family}-silent")
        assert {name: a["MetricName"] for name, a in found.items()} == kinds
        assert {(a["Threshold"], a["Period"], a["TreatMissingData"]) for a in found.values()} == {
            (1, 86400, "notBreaching")
        }
        # AND one that is raised when for two days there was no report
        assert (silent["MetricName"], silent["ComparisonOperator"]) == ("Reports", "LessThanThreshold")
        assert (silent["EvaluationPeriods"], silent["Period"], silent["TreatMissingData"]) == (2, 86400, "breaching")
    assert monitored
    # AND where no schedule runs, nobody waits for a report
    assert not [a for a in local_assembly.of("AWS::CloudWatch::Alarm").values() if a["AlarmName"].endswith("-silent")]


def test_the_dashboard_shows_what_each_family_decides_and_what_became_of_it(dev):
    # GIVEN the dashboard
    (board,) = dev.of("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(board["DashboardBody"])
    # WHEN its graphs are read THEN each family that decides has what it decides, blocks and is told
    shown = ("Approved", "Reviewed", "Blocked", "RulesAlone", "BlockedAmount", "Verdicts", "FraudVerdicts")
    for family in (name for name, spec in discover().items() if spec.assessment):
        for name in shown:
            service = "reviews" if name.endswith("Verdicts") else "assess"
            metric = json.dumps(["Shopkeeper", name, "family", family, "service", service], separators=(",", ":"))
            assert json.dumps(metric)[1:-2] in body, (family, name)


def test_what_calls_the_release_function_without_waiting_loses_nothing(dev):
    # GIVEN the release function, which alarms call
    (release,) = (
        f for f in dev.of("AWS::Lambda::Function").values() if f.get("FunctionName") == "shopkeeper-dev-release"
    )
    # WHEN its failures are followed
    queue = release["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0]
    # THEN they are kept in a queue of its own
    assert dev.of("AWS::SQS::Queue")[f"Workflows/{queue}"]["QueueName"] == "shopkeeper-dev-release-dead"


def test_everything_that_can_fail_unseen_has_an_alarm(dev):
    # GIVEN functions, streams, queues and the workflows
    watched = [json.dumps(a) for a in dev.of("AWS::CloudWatch::Alarm").values()]
    functions = [id_.split("/")[1] for id_, f in dev.of("AWS::Lambda::Function").items() if "FunctionName" in f]
    streams = [s["DeliveryStreamName"] for s in dev.of("AWS::KinesisFirehose::DeliveryStream").values()]
    # WHEN their alarms are counted
    # THEN each function has two and the one that decides a third, for its time, each stream one, each dead-letter queue
    # and the one of letters' events one, each workflow three, the API two
    counts = {f: sum(f in a and "AWS/Lambda" in a for a in watched) for f in functions}
    assert {count for f, count in counts.items() if "Assess" not in f} == {2}
    assert [count for f, count in counts.items() if "Assess" in f] == [3]
    assert all(sum(f'"{s}"' in a for a in watched) == 1 for s in streams)
    assert sum("AWS/SQS" in a for a in watched) == len(dev.of("AWS::SQS::Queue"))
    assert sum("AWS/States" in a for a in watched) == 3 * len(dev.of("AWS::StepFunctions::StateMachine")) == 12
    assert sum("AWS/ApiGateway" in a for a in watched) == 2


def test_an_alarm_reaches_someone(prod):
    # GIVEN an environment with an address
    # WHEN alarms and subscriptions are read
    alarms = prod.of("AWS::CloudWatch::Alarm").values()
    subscriptions = [t.get("Subscription") or t for t in prod.of("AWS::SNS::Subscription").values()]
    # THEN every alarm tells the topic, and the topic tells the address
    assert all(a["AlarmActions"] for a in alarms)
    people = [(s["Protocol"], s["Endpoint"]) for s in subscriptions if s["Protocol"] != "sqs"]
    assert people == [("email", "alarms@shop.example")]


def test_a_failed_retraining_is_reported_and_the_report_cannot_be_lost(dev):
    # GIVEN the rule on the shop's bus
    (rule,) = (r for r in dev.of("AWS::Events::Rule").values() if r["Name"] == "shopkeeper-dev-failures")
    # WHEN it is read
    # THEN it matches failures and rollbacks, and keeps what it cannot deliver
    told = ["Retrain Failed", "Retrain RolledBack", "Monitor Failed", "Campaign Failed", "Privacy Failed"]
    assert rule["EventPattern"]["detail-type"] == told
    assert all("DeadLetterConfig" in target for target in rule["Targets"])
