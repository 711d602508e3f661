"""A report is kept, measured and acted on: once a week at most, and never from a report on the past."""

import json
from datetime import timedelta

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from commerce.monitoring import key
from functions.common.objects import MissingObjectError
from functions.publish_monitoring import handler as publishing
from functions.publish_monitoring.handler import ForeignReportError, handler
from tests.functions import runs
from tests.functions.monitoring import COSTLY, DRIFTED, report
from tests.functions.support import MODELS, session_client

DAY = runs.AS_OF


class Retraining:
    """A workflow that runs until it is told to end."""

    def __init__(self, monkeypatch):
        self.sfn = session_client("stepfunctions")
        waiting = {"StartAt": "Train", "States": {"Train": {"Type": "Wait", "Seconds": 60, "End": True}}}
        role = "arn:aws:iam::123456789012:role/workflow"
        made = self.sfn.create_state_machine(name="retrain", definition=json.dumps(waiting), roleArn=role)
        self.machine = made["stateMachineArn"]
        monkeypatch.setenv("RETRAIN_WORKFLOW", self.machine)

    @property
    def executions(self):
        found = self.sfn.list_executions(stateMachineArn=self.machine)["executions"]
        return {execution["name"]: execution for execution in found}

    def start(self, family):
        self.sfn.start_execution(
            stateMachineArn=self.machine, name=f"{family}-scheduled", input=json.dumps({"family": family})
        )

    def end(self):
        for execution in self.executions.values():
            self.sfn.stop_execution(executionArn=execution["executionArn"])


@pytest.fixture
def retraining(account, monkeypatch):
    made = Retraining(monkeypatch)
    yield made
    made.end()


@pytest.fixture
def measured(monkeypatch):
    """What was measured since the last look."""
    found = {}
    monkeypatch.setattr(publishing.metrics, "add_metric", lambda name, unit, value: found.update({name: (unit, value)}))
    return found


def publish(account, context, day=DAY, **changes):
    """The step's answer to a report of that day."""
    run = runs.planned(family="fraud", as_of=day, mode="function", publishes=False)
    runs.put(account, run.keys.monitoring, report(day, **changes).model_dump_json())
    return handler({"run": run.model_dump(mode="json"), "input": {"family": "fraud"}}, context)


def kept(account, day=None):
    return json.loads(account.s3.get_object(Bucket=MODELS, Key=key("fraud", day))["Body"].read())


def test_a_report_is_kept_and_measured(account, context, retraining, measured):
    # GIVEN a report with figures and a finding that learning does not help
    # WHEN it is published
    answer = publish(account, context, figures={"Precision": 0.4}, findings=[COSTLY])
    # THEN it is its day's and the latest, with a metric of each figure, each kind of finding, and that it is there
    assert answer == {"findings": [COSTLY.message], "retrain": None}
    assert kept(account) == kept(account, DAY)
    assert measured == {
        "Reports": (MetricUnit.Count, 1),
        "Precision": (MetricUnit.NoUnit, 0.4),
        "PrecisionFindings": (MetricUnit.Count, 0),
        "RecallFindings": (MetricUnit.Count, 0),
        "CostFindings": (MetricUnit.Count, 1),
        "DriftFindings": (MetricUnit.Count, 0),
    }
    assert retraining.executions == {}


def test_a_family_learns_anew_once_a_week_however_often_it_is_advised_to(account, context, retraining):
    # GIVEN reports of every day that advise to learn anew
    # WHEN they are published, the first twice
    first = [publish(account, context, findings=[DRIFTED])["retrain"] for _ in range(2)]
    retraining.end()
    week = [publish(account, context, DAY + timedelta(days=n), findings=[DRIFTED])["retrain"] for n in (1, 2, 3)]
    next_week = publish(account, context, DAY + timedelta(days=4), findings=[DRIFTED])["retrain"]
    # THEN the step repeated answers the same, the days after start none, and the next week does
    assert first[0] == first[1] == retraining.executions["fraud-monitor-2026-w01"]["executionArn"]
    assert week == [None, None, None]
    assert next_week == retraining.executions["fraud-monitor-2026-w02"]["executionArn"]
    assert len(retraining.executions) == 2


def test_while_the_family_is_retrained_it_is_not_again(account, context, retraining):
    # GIVEN a retraining of another family, and then one of this
    retraining.start("fraud")
    retraining.start("bots")
    # WHEN the report advises to learn anew
    answer = publish(account, context, findings=[DRIFTED])
    # THEN none is started beside it
    assert answer["retrain"] is None
    assert set(retraining.executions) == {"fraud-scheduled", "bots-scheduled"}


def test_a_retraining_of_another_family_holds_nothing_up(account, context, retraining):
    # GIVEN a retraining of another family
    retraining.start("bots")
    # WHEN the report advises to learn anew
    # THEN that is done
    assert publish(account, context, findings=[DRIFTED])["retrain"] is not None


def test_a_report_on_the_past_is_kept_and_moves_nothing(account, context, retraining, measured):
    # GIVEN a report of today
    publish(account, context)
    measured.clear()
    # WHEN one of last month is published, by which the family should have learnt anew
    past = DAY - timedelta(days=31)
    answer = publish(account, context, past, figures={"Precision": 0.1}, findings=[DRIFTED])
    # THEN it can be looked at; no alarm hears of it, nothing is retrained, and the latest is today's
    assert kept(account, past)["figures"] == {"Precision": 0.1}
    assert kept(account)["as_of"] == DAY.isoformat()
    assert (answer["retrain"], measured, retraining.executions) == (None, {}, {})


@pytest.mark.parametrize(
    ("family", "found", "error"),
    [
        ("fraud", None, MissingObjectError),
        ("fraud", report(DAY - timedelta(days=1)), ForeignReportError),
        ("fraud", report(family="bots"), ForeignReportError),
        ("churn", report(), ForeignReportError),
    ],
    ids=["none", "another day's", "another family's", "of a family that has none"],
)
def test_what_is_not_the_runs_report_fails_the_step(account, context, family, found, error):
    # GIVEN a run whose job left no report, or another's
    run = runs.planned(family=family)
    if found is not None:
        runs.put(account, run.keys.monitoring, found.model_dump_json())
    # WHEN it is published
    # THEN the step fails, and nothing is kept
    with pytest.raises(error):
        handler({"run": run.model_dump(mode="json"), "input": {"family": family}}, context)
    assert account.s3.list_objects_v2(Bucket=MODELS, Prefix="monitoring/")["KeyCount"] == 0
