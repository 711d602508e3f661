"""The monitor workflow executed: moto's interpreter, the real steps, and the container's own job on a small lake."""

import json
import re
import time
from pathlib import Path

import pytest

from commerce.assessments.monitoring import AssessmentMonitoring
from commerce.monitoring import Finding, key
from functions.plan.handler import handler as plan
from functions.publish_monitoring.handler import handler as publish_monitoring
from lake import Lake
from lake.schema import from_records
from tests.functions.support import MODELS, session_client
from tests.training.assessing.tables import AS_OF, decision, label, payment
from tests.workflows.interpreter import InProcessLambda, install, lambda_context
from training.__main__ import run
from training.layout import Layout

DEFINITION = (Path(__file__).parents[2] / "stepfunctions" / "monitor.asl.json").read_text("utf-8")
STEPS = {"PlanFunctionArn": plan, "PublishMonitoringFunctionArn": publish_monitoring}
ROLE = "arn:aws:iam::123456789012:role/jobs"
RETRAINS = {"StartAt": "Train", "States": {"Train": {"Type": "Pass", "End": True}}}
DRIFT = Finding(kind="drift", message="scores changed", retrain=True)


class Shop:
    """An account with the workflow, one that stands for retraining, and a lake."""

    def __init__(self, account, monkeypatch, root):
        self.account, self.monkeypatch, self.root = account, monkeypatch, root
        self.change = lambda report: report
        self.functions = InProcessLambda(dict(STEPS), lambda_context())
        self.requests = install(monkeypatch, self.functions, {"monitor": self.job})
        self.sfn, events = session_client("stepfunctions"), session_client("events")
        events.create_event_bus(Name="shop")
        self.queue = account.sqs.create_queue(QueueName="reports")["QueueUrl"]
        attributes = account.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]
        events.put_rule(Name="reports", EventBusName="shop", EventPattern='{"source": ["shopkeeper"]}')
        events.put_targets(Rule="reports", EventBusName="shop", Targets=[{"Id": "q", "Arn": attributes["QueueArn"]}])
        values = {name: name for name in STEPS}
        values |= {"EventBusName": "shop", "JobRoleArn": ROLE, "ImageUri": "shopkeeper:1"}
        self.machine = self.made("monitor", re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], DEFINITION))
        self.retraining = self.made("retrain", json.dumps(RETRAINS))
        monkeypatch.setenv("RETRAIN_WORKFLOW", self.retraining)

    def made(self, name, definition):
        role = "arn:aws:iam::123456789012:role/workflow"
        return self.sfn.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]

    def job(self, request):
        """The container's own, on the lake of the test."""
        environment = dict(request["Environment"]) | {"SHOPKEEPER_LAKE": str(self.root / "lake"), "SHOPKEEPER_RAW": ""}
        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)
        layout = Layout(self.root / "ml")
        if run(request["AppSpecification"]["ContainerArguments"][0], layout):
            raise RuntimeError(f"AlgorithmError: {(layout.root / 'output' / 'message').read_text()}")
        file = layout.produced("monitoring") / "monitoring.json"
        report = self.change(AssessmentMonitoring.model_validate_json(file.read_text()))
        (output,) = request["ProcessingOutputConfig"]["Outputs"]
        folder = output["S3Output"]["S3Uri"].removeprefix(f"s3://{MODELS}/")
        self.account.s3.put_object(Bucket=MODELS, Key=f"{folder}/{file.name}", Body=report.model_dump_json().encode())

    def run(self, name="m-1", family="fraud", as_of=AS_OF):
        """(status, endings reported) of one execution."""
        asked = {"family": family, "as_of": as_of.isoformat()}
        started = self.sfn.start_execution(stateMachineArn=self.machine, name=name, input=json.dumps(asked))
        self.described = ended(self.sfn, started["executionArn"])
        found = self.account.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.account.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        events = [json.loads(message["Body"]) for message in found]
        return self.described["status"], {e["detail-type"].removeprefix("Monitor "): e["detail"] for e in events}

    def retrained(self):
        """Inputs of the retrainings that were started, by name."""
        found = self.sfn.list_executions(stateMachineArn=self.retraining)["executions"]
        return {e["name"]: self.sfn.describe_execution(executionArn=e["executionArn"])["input"] for e in found}

    def kept(self, day=None):
        """The report that the API would give."""
        body = self.account.s3.get_object(Bucket=MODELS, Key=key("fraud", day))["Body"]
        return json.loads(body.read())


def ended(sfn, arn):
    for _ in range(1200):
        described = sfn.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.05)
    raise AssertionError("it does not end")


@pytest.fixture
def shop(account, monkeypatch, tmp_path):
    """With two decisions, one of them on a fraud that became known."""
    lake = Lake.open(tmp_path / "lake")
    lake.write("payments", from_records("payments", [payment("p1", 20), payment("p2", 20)]))
    lake.write("labels", from_records("labels", [label("p1", 12, fraud=True)]))
    made = [decision("p1", 20, "review", 0.4, version="1"), decision("p2", 20, "approve", 0.1, version="1")]
    lake.write("decisions", from_records("decisions", made))
    return Shop(account, monkeypatch, tmp_path)


def test_a_report_is_made_kept_and_told(shop):
    # GIVEN a shop whose fraud is decided on
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN the report of the day is the latest, with what came of the decisions, and one event says so
    assert (status, list(reports)) == ("SUCCEEDED", ["Reported"]), (shop.described, reports)
    assert (reports["Reported"]["findings"], reports["Reported"]["retrain"]) == ([], None)
    assert shop.kept() == shop.kept(AS_OF)
    assert (shop.kept()["performance"]["precision"], shop.kept()["performance"]["recall"]) == (1.0, 1.0)
    # AND nothing is retrained without a reason
    assert shop.retrained() == {}


def test_what_the_report_asks_for_is_retrained(shop):
    # GIVEN a report that advises to learn anew
    shop.change = lambda report: report.model_copy(update={"findings": [DRIFT]})
    # WHEN the workflow runs
    _, reports = shop.run()
    # THEN retraining was started with the same input, and the event says which execution that is, and why
    assert reports["Reported"]["findings"] == ["scores changed"]
    assert reports["Reported"]["retrain"].endswith(":fraud-monitor-2025-w22")
    asked = {"family": "fraud", "as_of": AS_OF.isoformat()}
    assert {name: json.loads(text) for name, text in shop.retrained().items()} == {"fraud-monitor-2025-w22": asked}


def test_a_family_without_a_report_fails_with_a_reason(shop):
    # GIVEN a family that has nothing to monitor
    # WHEN it is asked for
    status, reports = shop.run(family="churn")
    # THEN the execution fails, and the event says why
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert "monitor one that decides on events" in reports["Failed"]["error"]["Cause"]
