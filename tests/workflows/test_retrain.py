"""The retrain workflow executed: moto's interpreter, the real steps, jobs that write what the container writes."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from commerce.families import family
from commerce.questions import SHOP
from commerce.release import Release
from functions.announce.handler import handler as announce
from functions.check_readiness.handler import handler as check_readiness
from functions.common import releases
from functions.judge.handler import handler as judge
from functions.plan.handler import handler as plan
from functions.publish_scores.handler import handler as publish_scores
from functions.register.handler import handler as register
from functions.rehearse.handler import handler as rehearse
from functions.release.handler import handler as release
from tests.functions import runs
from tests.functions.support import MODELS, session_client
from tests.workflows.interpreter import InProcessLambda, install, lambda_context

DEFINITION = (Path(__file__).parents[2] / "stepfunctions" / "retrain.asl.json").read_text("utf-8")
STEPS = {
    "PlanFunctionArn": plan,
    "CheckReadinessFunctionArn": check_readiness,
    "JudgeFunctionArn": judge,
    "RegisterFunctionArn": register,
    "RehearseFunctionArn": rehearse,
    "PublishScoresFunctionArn": publish_scores,
    "ReleaseFunctionArn": release,
}
ROLE = "arn:aws:iam::123456789012:role/jobs"


class Shop:
    """An account with the workflow in it; what its jobs find is the test's choice."""

    def __init__(self, account, monkeypatch):
        self.account = account
        self.ready, self.metrics = True, runs.GOOD
        self.parts = [[runs.score_line("c-1", 0.2), runs.score_line("c-2", 0.8)], [runs.score_line("c-3", 0.5)]]
        self.broken, self.family = "", "churn"
        self.functions = InProcessLambda(dict(STEPS), lambda_context())
        self.jobs = {"prepare": self.prepare, "train": self.train, "evaluate": self.evaluate, "score": self.score}
        self.requests = install(monkeypatch, self.functions, self.jobs)
        self.sfn, events, sqs = (session_client(s) for s in ("stepfunctions", "events", "sqs"))
        events.create_event_bus(Name="shop")
        self.queue = sqs.create_queue(QueueName="reports")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="reports", EventBusName="shop", EventPattern='{"source": ["shopkeeper"]}')
        events.put_targets(Rule="reports", EventBusName="shop", Targets=[{"Id": "q", "Arn": arn}])
        values = {name: name for name in STEPS}
        values |= {"EventBusName": "shop", "ModelsBucket": MODELS, "JobRoleArn": ROLE, "ImageUri": "shopkeeper:1"}
        values |= dict.fromkeys(("EmrApplicationId", "EmrRoleArn", "EmrEntryPoint", "EmrSubmitParameters"), "none")
        definition = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], DEFINITION)
        role = "arn:aws:iam::123456789012:role/workflow"
        machine = self.sfn.create_state_machine(name="retrain", definition=definition, roleArn=role)
        self.machine = machine["stateMachineArn"]

    def key(self, request, output):
        """Key of the folder that an output of a processing job goes to."""
        outputs = {o["OutputName"]: o["S3Output"]["S3Uri"] for o in request["ProcessingOutputConfig"]["Outputs"]}
        return outputs[output].removeprefix(f"s3://{MODELS}/")

    def prepare(self, request):
        self.fail_if("prepare")
        runs.write_readiness(
            self.account, f"{self.key(request, 'readiness')}/readiness.json", ready=self.ready, family=self.family
        )

    def train(self, request):
        self.fail_if("train")

    def evaluate(self, request):
        self.inputs = sorted(i["InputName"] for i in request["ProcessingInputs"])
        file = f"{self.key(request, 'evaluation')}/evaluation.json"
        runs.write_evaluation(self.account, file, self.metrics, family=self.family)
        golden = [{"instance": {"entity_id": "c-1"}, "answer": {"probability": 0.5}}]
        runs.put(self.account, f"{self.key(request, 'evaluation')}/golden.json", json.dumps(golden))

    def score(self, request):
        runs.write_scores(self.account, f"{self.key(request, 'scores')}/manifest.json", self.parts)

    def fail_if(self, step):
        if self.broken == step:
            raise RuntimeError("AlgorithmError: the container said why, exit code: 1")

    def run(self, name="e-1", **more):
        """(status, endings reported) of one execution."""
        execution = self.sfn.start_execution(
            stateMachineArn=self.machine,
            name=name,
            input=json.dumps({"family": self.family, "as_of": runs.AS_OF.isoformat()} | more),
        )
        for _ in range(1200):
            self.described = self.sfn.describe_execution(executionArn=execution["executionArn"])
            if self.described["status"] != "RUNNING":
                break
            time.sleep(0.05)
        return self.described["status"], self.reports()

    def reports(self):
        """Events that reached the bus since the last look."""
        messages = session_client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        events = []
        for message in messages.get("Messages", []):
            session_client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            events.append(json.loads(message["Body"]))
        return {event["detail-type"].removeprefix("Retrain "): event["detail"] for event in events}

    def live(self):
        """The release, if there is one."""
        pointer = releases.read(self.account.dynamodb, "test-releases", "churn")
        return pointer.release if pointer else None


@pytest.fixture
def shop(account, monkeypatch):
    return Shop(account, monkeypatch)


def test_a_good_candidate_is_scored_published_rehearsed_and_released(shop):
    # GIVEN a ready shop and a candidate that passes its gates
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN version 1 is live, everybody has a score of it, and one event says so
    assert (status, list(reports)) == ("SUCCEEDED", ["Released"]), (shop.described, reports)
    assert reports["Released"]["version"] == "1"
    assert shop.live().champion == "1"
    assert {item["pk"]["S"] for item in shop.account.items("scores")} == {"churn#c-1", "churn#c-2", "churn#c-3"}
    assert [step for step, _ in shop.requests] == ["prepare", "train", "evaluate", "score"]


def test_the_next_candidate_is_evaluated_beside_the_champion(shop):
    # GIVEN a shop with a live version
    shop.run("e-1")
    first = shop.inputs
    # WHEN it retrains
    status, _ = shop.run("e-2")
    # THEN the champion's artifact was an input, and the new version is live with a way back
    assert status == "SUCCEEDED"
    assert (first, shop.inputs) == (["features", "model"], ["champion", "features", "model"])
    assert (shop.live().champion, shop.live().previous) == ("2", "1")


def test_a_rejected_candidate_is_a_normal_ending_with_its_reasons(shop):
    # GIVEN a candidate below its gates
    shop.metrics = runs.POOR
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN it is registered as rejected, nothing goes live, nobody is scored
    assert (status, list(reports)) == ("SUCCEEDED", ["Rejected"])
    assert any("auc" in reason for reason in reports["Rejected"]["reasons"])
    assert shop.live() is None
    assert shop.account.items("scores") == []


def test_an_unready_shop_is_a_normal_ending_before_any_training(shop):
    # GIVEN a shop whose data cannot train the family
    shop.ready = False
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN it ends after the audit, with what is missing
    assert (status, list(reports)) == ("SUCCEEDED", ["NotReady"])
    assert "too few rows" in reports["NotReady"]["reasons"][0]
    assert [step for step, _ in shop.requests] == ["prepare"]


@pytest.mark.parametrize("step", ["prepare", "train"])
def test_a_job_that_fails_fails_the_execution_with_the_containers_reason(shop, step):
    # GIVEN a container that fails
    shop.broken = step
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN the report has the reason, and the job was not run again
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert "the container said why" in reports["Failed"]["error"]["Cause"]
    assert [s for s, _ in shop.requests].count(step) == 1


@pytest.mark.parametrize("bad", [{"family": "nope"}, {"parameters": {"horizon_days": "soon"}}])
def test_an_input_that_is_none_is_reported(shop, bad):
    # GIVEN an input with something wrong
    # WHEN the workflow runs
    status, reports = shop.run(**bad)
    # THEN the report says what, and no job began
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert reports["Failed"]["input"].items() >= bad.items()
    assert shop.requests == []


def test_scores_that_are_not_what_they_should_be_stop_the_release(shop):
    # GIVEN a score job that wrote a probability above one
    shop.parts = [[runs.score_line("c-1", 0.2)], [runs.score_line("c-2", 1.5)]]
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN nothing goes live
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert shop.live() is None


def test_a_throttled_function_is_tried_again(shop):
    # GIVEN a step that is throttled at first
    calls = []

    def throttled(event, context):
        calls.append(1)
        if len(calls) == 1:
            metadata = {"HTTPStatusCode": 429, "RequestId": "r"}
            error = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}
            raise ClientError(error | {"ResponseMetadata": metadata}, "Invoke")
        return judge(event, context)

    shop.functions.handlers["JudgeFunctionArn"] = throttled
    # WHEN the workflow runs
    status, reports = shop.run()
    # THEN it goes on
    assert (status, list(reports), len(calls)) == ("SUCCEEDED", ["Released"], 2)


def behind_an_endpoint(monkeypatch, **changes):
    """The family answers from an endpoint, as evaluated, and there is no time to wait for a canary."""
    spec = family("churn").model_copy(update={"mode": "endpoint", **changes})
    for step in ("plan", "publish_scores", "rehearse"):
        monkeypatch.setattr(f"functions.{step}.handler.family", lambda name: spec)
    monkeypatch.setenv("CANARY", '{"wait_seconds": 1}')
    monkeypatch.setattr("functions.common.endpoints.invoke", lambda *a, **k: [{"probability": 0.5}])


@pytest.fixture
def endpoint_shop(shop, monkeypatch):
    """The same shop with the family behind an endpoint."""
    behind_an_endpoint(monkeypatch)
    return shop


@pytest.fixture
def profiling_shop(shop, monkeypatch):
    """The same shop with an endpoint that answers from profiles, which the batch job writes."""
    behind_an_endpoint(monkeypatch, route=family("recommendations").route, baseline=None)
    shop.parts = [[runs.profile_line("c-1"), runs.profile_line("c-2")], [runs.profile_line(SHOP)]]
    return shop


def test_an_endpoints_version_is_a_canary_before_it_is_everybodys(endpoint_shop):
    # GIVEN a family behind an endpoint, and no alarm
    # WHEN the workflow runs
    status, reports = endpoint_shop.run()
    # THEN it was released in two steps, without a score job
    assert (status, list(reports)) == ("SUCCEEDED", ["Released"]), endpoint_shop.described
    assert (endpoint_shop.live().champion, endpoint_shop.live().revision) == ("1", 2)
    assert "score" not in [step for step, _ in endpoint_shop.requests]


def test_an_endpoints_profiles_are_published_before_its_version_is_a_canary(profiling_shop):
    # GIVEN a family behind an endpoint that answers from what a batch job publishes
    # WHEN the workflow runs
    status, reports = profiling_shop.run()
    # THEN every profile is there under the version, which went from a share of the customers to everybody
    assert (status, list(reports)) == ("SUCCEEDED", ["Released"]), profiling_shop.described
    assert [step for step, _ in profiling_shop.requests] == ["prepare", "train", "evaluate", "score"]
    assert {(item["pk"]["S"], item["sk"]["S"]) for item in profiling_shop.account.items("scores")} == {
        ("churn#c-1", "1"), ("churn#c-2", "1"), (f"churn#{SHOP}", "1"),
    }  # fmt: skip
    assert (profiling_shop.live().champion, profiling_shop.live().revision) == ("1", 2)


def test_a_profile_that_is_none_stops_the_release(profiling_shop):
    # GIVEN a score job of which one line is no profile
    profiling_shop.parts[1] = [runs.profile_line(SHOP).replace('"as_of"', '"day"')]
    # WHEN the workflow runs
    status, reports = profiling_shop.run()
    # THEN nothing goes live, not even for a share of the customers
    assert (status, list(reports)) == ("FAILED", ["Failed"])
    assert profiling_shop.live() is None


def test_a_canary_under_alarm_is_rolled_back(endpoint_shop):
    # GIVEN a live version, and an alarm of the family's endpoint
    endpoint_shop.run("e-1")
    endpoint_shop.account.cloudwatch.put_metric_alarm(
        AlarmName="test-churn-errors", MetricName="Errors", Namespace="AWS/SageMaker", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    endpoint_shop.account.cloudwatch.set_alarm_state(
        AlarmName="test-churn-errors", StateValue="ALARM", StateReason="too many errors"
    )
    # WHEN it retrains
    status, reports = endpoint_shop.run("e-2")
    # THEN the version before stays everybody's, and the report says why
    assert (status, list(reports)) == ("SUCCEEDED", ["RolledBack"])
    assert "too many errors" in reports["RolledBack"]["reasons"][0]
    assert (endpoint_shop.live().champion, endpoint_shop.live().challenger) == ("1", None)


def test_a_canary_that_cannot_be_checked_is_rolled_back(endpoint_shop, monkeypatch):
    # GIVEN a check that fails
    def broken(event, context):
        if event["action"] == "check":
            raise RuntimeError("no alarms today")
        return release(event, context)

    endpoint_shop.functions.handlers["ReleaseFunctionArn"] = broken
    # WHEN the workflow runs
    status, reports = endpoint_shop.run()
    # THEN the canary is gone
    assert (status, list(reports)) == ("SUCCEEDED", ["RolledBack"])
    assert endpoint_shop.live().challenger is None


def test_a_model_that_answers_otherwise_than_evaluated_is_never_live(endpoint_shop, monkeypatch):
    # GIVEN an endpoint whose answer is not the evaluation's
    monkeypatch.setattr("functions.common.endpoints.invoke", lambda *a, **k: [{"probability": 0.9}])
    # WHEN the workflow runs
    status, reports = endpoint_shop.run()
    # THEN the rehearsal stops it
    assert (status, reports["Failed"]["error"]["Error"]) == ("FAILED", "RehearsalError")
    assert endpoint_shop.live() is None


@pytest.fixture
def fed_shop(shop, monkeypatch):
    """The same shop retraining stock, whose upstream demand was released before."""
    stock = family("stock")
    (answer,) = stock.answer.model_json_schema()["examples"]
    shop.parts = [[json.dumps({"entity_id": "p-1", "answer": answer})]]
    shop.family, shop.metrics = "stock", {"cost": 0.01}
    shop.account.sagemaker.create_model_package_group(ModelPackageGroupName="test-stock")
    monkeypatch.setenv("FAMILY_SETTINGS", "{}")
    return shop


def release_demand(shop):
    """Demand's version 7 is live."""
    made = Release(family="demand", champion="7", since=datetime.now(UTC), revision=1)
    artifacts = {"7": f"s3://{MODELS}/runs/demand/20251225-abcdef/model/job/output/model.tar.gz"}
    item = releases.to_item(releases.Pointer(made, artifacts))
    shop.account.dynamodb.put_item(TableName="test-releases", Item=item)


def test_a_family_is_prepared_from_what_its_upstream_published_and_its_alerts_are_told(fed_shop, monkeypatch):
    # GIVEN stock, which learns from demand's answers, and a run that found something to alert of
    release_demand(fed_shop)
    write = fed_shop.score

    def score(request):
        write(request)
        alert = {"detail_type": "Overstock Found", "total": 1, "rows": [{"product_id": "p-1"}]}
        runs.put(fed_shop.account, f"{fed_shop.key(request, 'scores')}/ranking/alerts.json", json.dumps([alert]))

    fed_shop.jobs["score"] = score
    # WHEN it retrains, and the bus has the event of its release heard
    status, reports = fed_shop.run()
    monkeypatch.setenv("EVENT_BUS", "shop")
    announce({"detail": reports["Released"]}, lambda_context())
    # THEN the jobs know where demand's answers are, every product is published, and the alert is told
    assert status == "SUCCEEDED", fed_shop.described
    environment = dict(fed_shop.requests)["prepare"]["Environment"]
    upstream = f"s3://{MODELS}/runs/demand/20251225-abcdef/scores"
    assert json.loads(environment["SHOPKEEPER_UPSTREAM"]) == {"demand": upstream}
    assert [item["pk"]["S"] for item in fed_shop.account.items("scores")] == ["stock#p-1"]
    assert fed_shop.reports()["Overstock Found"]["alert"] == {"product_id": "p-1"}


def test_before_its_upstream_was_released_prepare_is_told_that_there_is_none(fed_shop):
    # GIVEN stock before demand was ever released
    fed_shop.ready = False
    # WHEN it retrains
    status, reports = fed_shop.run()
    # THEN the run is planned all the same, for prepare to say everything that is missing
    assert (status, list(reports)) == ("SUCCEEDED", ["NotReady"])
    assert dict(fed_shop.requests)["prepare"]["Environment"]["SHOPKEEPER_UPSTREAM"] == "{}"
