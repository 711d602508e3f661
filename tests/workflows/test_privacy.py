"""The privacy workflow executed: moto's interpreter, the real functions and the real jobs over a filled account."""

import json
import re
import time
from pathlib import Path

import pytest

from commerce.privacy import PrivacyRequest
from functions.assess import handler as assess_handler
from functions.assess.handler import respond as assess
from functions.assess.storage import AwsStorage
from functions.common import privacy
from functions.customers.handler import respond
from functions.erase_tables.handler import handler as erase_tables
from functions.privacy_done.handler import handler as privacy_done
from functions.reviews.handler import respond as judge
from lake.privacy.jobs import erase_customer, export_customer
from lake.privacy.settings import Settings
from tests.functions.assessing import NOW as PAID
from tests.functions.assessing import asked, payment, portable, release
from tests.functions.privacy import ENVIRONMENT, NOW, fill, make_tables, put, traces
from tests.functions.support import session_client
from tests.lake.held import LAKE, MODELS, Shop, event, lines, person
from tests.workflows.interpreter import InProcessLambda, install, lambda_context

DEFINITION = (Path(__file__).parents[2] / "stepfunctions" / "privacy.asl.json").read_text("utf-8")
STEPS = {"EraseTablesFunctionArn": erase_tables, "PrivacyDoneFunctionArn": privacy_done}


LOGS = {"erase_tables", "privacy_done", "customers"}


class World:
    """An account with the workflow and a customer everywhere in it."""

    def __init__(self, account, monkeypatch, tmp_path):
        self.account, self.folder, self.patch = account, tmp_path, monkeypatch
        self.before_job = lambda: None
        self.said = []
        make_tables(account)
        fill(account, "c-1", "c-10")
        self.shop = Shop(person("c-1"), person("c-10"))
        for who in (person("c-1"), person("c-10")):
            put(account, "counters", f"visitor#{who.visitor}", "actions", told="[]")
        functions = InProcessLambda(dict(STEPS), lambda_context())
        self.requests = install(monkeypatch, functions, {"erase": self.erase, "export": self.export})
        self.sfn, events, sqs = (session_client(s) for s in ("stepfunctions", "events", "sqs"))
        events.create_event_bus(Name="shop")
        self.queue = sqs.create_queue(QueueName="reports")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="reports", EventBusName="shop", EventPattern='{"source": ["shopkeeper"]}')
        events.put_targets(Rule="reports", EventBusName="shop", Targets=[{"Id": "q", "Arn": arn}])
        values = {name: name for name in STEPS}
        values |= {
            "EventBusName": "shop", "PrivacyJobRoleArn": "arn:aws:iam::123456789012:role/privacy",
            "ImageUri": "shopkeeper:1", "Environment": "test", "LakeBucket": LAKE, "ModelsBucket": MODELS,
        }  # fmt: skip
        values |= {f"{name.title()}Table": f"test-{name}" for name in ("campaigns", "letters", "counters", "scores")}
        definition = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], DEFINITION)
        role = "arn:aws:iam::123456789012:role/workflow"
        machine = self.sfn.create_state_machine(name="privacy", definition=definition, roleArn=role)
        monkeypatch.setenv("PRIVACY_WORKFLOW", machine["stateMachineArn"])

    def erase(self, request):
        self.before_job()
        erase_customer(Settings.of(request["Environment"]), self.said.append)

    def export(self, request):
        self.before_job()
        file = self.folder / "export.json"
        export_customer(Settings.of(request["Environment"]), file, self.said.append)
        [output] = request["ProcessingOutputConfig"]["Outputs"]
        prefix = output["S3Output"]["S3Uri"].removeprefix(f"s3://{LAKE}/")
        self.shop.put(LAKE, f"{prefix}/export.json", file.read_bytes())

    def ask(self, method, resource, **parameters):
        answer = respond({"httpMethod": method, "resource": resource, "pathParameters": parameters})
        return answer["statusCode"], json.loads(answer["body"])

    def request(self, method, resource):
        """Ask, wait for the end; the request as its status tells it, and the endings that were reported."""
        _, asked = self.ask(method, resource, id="c-1")
        execution = self.execution(asked["request_id"])
        for _ in range(1200):
            self.described = self.sfn.describe_execution(executionArn=execution)
            if self.described["status"] != "RUNNING":
                break
            time.sleep(0.05)
        _, ended = self.ask("GET", "/v1/privacy-requests/{request_id}", request_id=asked["request_id"])
        return ended, self.reports()

    def execution(self, request_id):
        [machine] = self.sfn.list_state_machines()["stateMachines"]
        return machine["stateMachineArn"].replace(":stateMachine:", ":execution:") + f":{request_id}"

    def reports(self):
        messages = session_client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        events = [json.loads(message["Body"]) for message in messages.get("Messages", [])]
        return {event["detail-type"].removeprefix("Privacy "): event["detail"] for event in events}

    def history(self):
        pages = self.sfn.get_execution_history(executionArn=self.described["executionArn"], includeExecutionData=True)
        return json.dumps([self.described, pages["events"], self.requests], default=str)


@pytest.fixture
def world(account, monkeypatch, tmp_path):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAKE_BUCKET", LAKE)
    monkeypatch.setenv("SHOPKEEPER_CACHE", str(tmp_path / "cache"))
    return World(account, monkeypatch, tmp_path)


def names(text):
    """Whether a text names the customer, and not only the neighbour."""
    return re.search(r"(?<![\w-])c-1(?![\w-])", text) is not None or "kim.c-1@" in text.lower()


def test_after_an_erasure_the_customer_is_nowhere(world, caplog):
    # GIVEN a customer in every table and every place of the buckets
    neighbour = traces(world.account, "c-10")
    # WHEN they are erased over the API
    ended, reports = world.request("DELETE", "/v1/customers/{id}")
    # THEN the request is done, with what was found, and one event says so
    assert (world.described["status"], ended["status"]) == ("SUCCEEDED", "done"), (world.described, ended)
    assert (ended["found"]["lake orders"], ended["found"]["table letters"]) == (1, 2)
    assert list(reports) == ["Erased"]
    # AND a search finds them in no table, object, old version, log, event, execution or job
    assert traces(world.account, "c-1") == traces(world.account, "visitor-of-c-1") == []
    assert world.shop.traces(world.shop.gone) == []
    assert not names(json.dumps(reports) + world.history() + "".join(world.said))
    assert not names(str([vars(record) for record in caplog.records if record.name in LOGS]))
    # AND the neighbour is where they were
    assert traces(world.account, "c-10") == neighbour
    assert traces(world.account, "visitor-of-c-10") == ["counters visitor#visitor-of-c-10"]


def test_what_a_running_ingest_writes_meanwhile_is_erased_too(world):
    # GIVEN an order that is counted while the lake is being erased
    world.before_job = lambda: fill(world.account, "c-1", "c-10")
    # WHEN the customer is erased
    world.request("DELETE", "/v1/customers/{id}")
    # THEN the second visit to the tables found it
    assert traces(world.account, "c-1") == []


def test_while_the_lake_is_erased_no_letter_may_go_out(world):
    # GIVEN somebody who looks at the ledger during the job
    seen = []

    def look():
        seen.extend(i for i in world.account.items("letters") if i["pk"]["S"] == "customer#c-1")

    world.before_job = look
    # WHEN the customer is erased
    world.request("DELETE", "/v1/customers/{id}")
    # THEN there was the mark that keeps letters back, and nothing else
    assert [(i["sk"]["S"], "unsubscribed" in i) for i in seen] == [("contact", True)]


def payments(world):
    """Payments of two customers with one device that should all be looked at. Of p-9 only a raw event tells the lake,
    and somebody looked at it."""
    world.patch.setattr(assess_handler, "storage", AwsStorage())
    model = portable()
    reviewed = ((-3.0, 0.2), (3.0, 0.9))
    release(world.account, type(model)(model.kind, model.features, model.forest, reviewed, 0.0))
    for id_, customer in (("p-1", "c-1"), ("p-9", "c-1"), ("p-2", "c-10")):
        answer = json.loads(assess(asked(payment(id_, customer_id=customer)), PAID)["body"])
        assert answer["outcome"] == "review"
    verdict = {
        "httpMethod": "POST", "resource": "/v1/reviews/{family}/{event}",
        "pathParameters": {"family": "fraud", "event": "p-9"}, "body": '{"fraud": false, "reviewer": "desk"}',
    }  # fmt: skip
    assert judge(verdict, PAID)["statusCode"] == 200
    properties = json.dumps({"payment_id": "p-9", "amount": 80.0})
    told = event(world.shop.gone, "e-9", name="Payment Attempted", properties=properties)
    world.shop.put(LAKE, "raw/events/dt=2024-01-05/late", lines(told))


def counted(world):
    """Items of what is counted, and of the queue."""
    items = world.account.items("counters")
    return {
        (item["pk"]["S"], item["sk"]["S"]): item
        for item in items
        if item["pk"]["S"].startswith(("stream#", "event#", "reviews#")) and item["sk"]["S"] != "count"
    }


def test_what_is_counted_and_decided_of_the_customers_payments_goes(world):
    # GIVEN payments of the customer and of the neighbour with one device, decided on and to be looked at
    payments(world)
    before = counted(world)
    # WHEN the customer is erased
    ended, _ = world.request("DELETE", "/v1/customers/{id}")
    # THEN their state, those of their pairs, both records and both reviews, open and done, are gone
    gone = {key: item for key, item in before.items() if key not in counted(world)}
    kinds = sorted("#".join(pk.split("#")[: 3 if pk.startswith("stream") else 1]) for pk, _ in gone)
    pairs = ["stream#fraud#customer", "stream#fraud#customer_address", "stream#fraud#customer_device"]
    assert kinds == ["event", "event", "reviews", "reviews", *pairs]
    assert {sk.split("#")[0] for pk, sk in gone if pk == "reviews#fraud"} == {"open", "done"}
    assert ended["found"]["table counters"] >= len(gone)
    # AND all else is as it was: the neighbour's, and what is of the device, card and network of both
    assert counted(world) == {key: item for key, item in before.items() if key not in gone}
    assert {pk.split("#")[2] for pk, sk in counted(world) if sk == "state"} >= {"customer", "device", "card", "ip"}


def test_an_export_tells_the_decisions_on_the_customers_payments(world):
    # GIVEN payments of the customer and of the neighbour
    payments(world)
    # WHEN an export is asked for
    ended, _ = world.request("GET", "/v1/customers/{id}/export")
    # THEN it has the decisions on the customer's, and no other
    key = f"exports/{ended['request_id']}/export.json"
    document = json.loads(world.shop.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())
    records = [item for item in document["places"]["table counters"] if item["sk"] == "seen"]
    decisions = [json.loads(item["decision"]) for item in records]
    assert {(d["event_id"], d["outcome"]) for d in decisions} == {("p-1", "review"), ("p-9", "review")}


def test_an_unknown_customer_is_a_normal_outcome(world):
    # GIVEN a shop that does not know the customer
    world.request("DELETE", "/v1/customers/{id}")
    # WHEN they are erased
    ended, reports = world.request("DELETE", "/v1/customers/{id}")
    # THEN it is done and found nothing
    assert (ended["status"], ended["found"], list(reports)) == ("done", {}, ["Erased"])


def test_everything_held_is_exported(world):
    # GIVEN a customer everywhere
    # WHEN an export is asked for
    ended, reports = world.request("GET", "/v1/customers/{id}/export")
    code, answer = world.ask("GET", "/v1/customers/{id}/export", id="c-1")
    # THEN it is done, and found again with its URL
    assert (world.described["status"], ended["status"], list(reports)) == ("SUCCEEDED", "done", ["Exported"])
    assert (code, answer["request_id"]) == (200, ended["request_id"])
    # AND the document has all of it and nothing of the neighbour
    key = f"exports/{ended['request_id']}/export.json"
    text = world.shop.s3.get_object(Bucket=LAKE, Key=key)["Body"].read().decode()
    assert {place: len(records) for place, records in json.loads(text)["places"].items()} == ended["found"]
    assert {"lake orders", "lake customers", "table letters", "table scores", "runs"} <= set(ended["found"])
    assert "c-10" not in text
    # AND neither history nor events name the customer
    assert not names(json.dumps(reports) + world.history() + "".join(world.said))


def test_an_export_goes_with_the_customer(world):
    # GIVEN an export
    ended, _ = world.request("GET", "/v1/customers/{id}/export")
    # WHEN the customer is erased
    world.request("DELETE", "/v1/customers/{id}")
    # THEN it is gone, and nobody finds it
    assert world.shop.traces(world.shop.gone) == []
    assert f"exports/{ended['request_id']}/export.json" not in {key for _, key, _ in world.shop.contents()}


def test_a_failed_job_fails_the_request_with_a_reason_that_names_nobody(world):
    # GIVEN a job that fails over the customer's data
    def fail():
        raise RuntimeError("AlgorithmError: erase failed: ValueError in files.py, line 1, exit code: 1")

    world.before_job = fail
    # WHEN the customer is erased
    ended, reports = world.request("DELETE", "/v1/customers/{id}")
    # THEN status and event say so, and the next request takes over
    assert (world.described["status"], ended["status"], list(reports)) == ("FAILED", "failed", ["Failed"])
    assert "ValueError in files.py" in ended["reason"]
    assert not names(json.dumps(reports) + world.history())
    world.before_job = lambda: None
    again, _ = world.request("DELETE", "/v1/customers/{id}")
    assert again["status"] == "done"
    assert world.shop.traces(world.shop.gone) == []
    assert traces(world.account, "c-1") == []


def test_a_request_that_is_none_fails_and_is_reported(world):
    # GIVEN an execution for a request that the API never stored
    [machine] = world.sfn.list_state_machines()["stateMachines"]
    asked = {"request_id": "f" * 32, "kind": "erasure"}
    # WHEN it runs
    started = world.sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(asked))
    for _ in range(400):
        described = world.sfn.describe_execution(executionArn=started["executionArn"])
        if described["status"] != "RUNNING":
            break
        time.sleep(0.05)
    # THEN it fails with its event
    assert described["status"] == "FAILED"
    assert list(world.reports()) == ["Failed"]


def test_an_erasure_goes_on_where_a_killed_one_stopped(world):
    # GIVEN an erasure that was stopped after the tables were erased
    request = PrivacyRequest(request_id="a" * 32, kind="erasure", status="running", requested_at=NOW)
    privacy.begin(world.account.dynamodb, "test-campaigns", request, "c-1", None)
    erase_tables({"request_id": "a" * 32, "last": False}, lambda_context())
    # WHEN the same is asked for
    ended, _ = world.request("DELETE", "/v1/customers/{id}")
    # THEN that very request is finished
    assert (ended["request_id"], ended["status"]) == ("a" * 32, "done")
    assert traces(world.account, "c-1") == []
