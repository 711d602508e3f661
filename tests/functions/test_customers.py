"""The routes of privacy requests."""

import json
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import ClassVar

import pytest

from commerce.privacy import export_key
from commerce.questions import SHOP
from functions.common import privacy
from functions.customers import handler as module
from functions.customers import logic
from functions.customers.handler import handler
from functions.customers.storage import AwsStorage
from functions.privacy_done.handler import handler as privacy_done
from tests.functions.privacy import ENVIRONMENT, NOW, make_tables
from tests.functions.support import LAKE


class Workflows(AwsStorage):
    """Storage whose workflow only notes what was started."""

    started: ClassVar[list[str]] = []
    over: ClassVar[set[str]] = set()

    def start(self, request):
        if request.request_id in self.over:
            return False
        self.started.append(request.request_id)
        return True


@pytest.fixture
def shop(account, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    make_tables(account)
    monkeypatch.setattr(module, "AwsStorage", Workflows)
    monkeypatch.setattr(Workflows, "started", [])
    monkeypatch.setattr(Workflows, "over", set())
    return account


def ask(context, method, resource, **parameters):
    event = {"httpMethod": method, "resource": resource, "pathParameters": parameters}
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


def erase(context, customer="c-1"):
    return ask(context, "DELETE", "/v1/customers/{id}", id=customer)


def export(context, customer="c-1"):
    return ask(context, "GET", "/v1/customers/{id}/export", id=customer)


def status(context, request_id):
    return ask(context, "GET", "/v1/privacy-requests/{request_id}", request_id=request_id)


def end(context, request_id, outcome="done", **more):
    return privacy_done({"request_id": request_id, "outcome": outcome, **more}, context)


def test_a_customer_is_erased_asynchronously_with_a_status(shop, context):
    # GIVEN a shop
    # WHEN a customer is to be erased
    code, request = erase(context)
    # THEN the request is accepted, names nobody, and its status can be asked for
    assert (code, request["kind"], request["status"]) == (202, "erasure", "running")
    assert "c-1" not in json.dumps(request)
    assert status(context, request["request_id"]) == (200, request)
    assert Workflows.started == [request["request_id"]]


def test_the_same_erasure_twice_is_one(shop, context):
    # GIVEN a running erasure
    _, first = erase(context)
    # WHEN it is asked for again
    code, second = erase(context)
    # THEN it is that one, and its workflow is seen to (who stored it may have died before)
    assert (code, second) == (202, first)
    assert set(Workflows.started) == {first["request_id"]}


def test_ids_are_taken_whole(shop, context):
    # GIVEN ids that begin alike, and one that stands escaped in the URL
    # WHEN they are to be erased
    requests = {erase(context, id_)[1]["request_id"] for id_ in ("c-1", "c-10", "c%2F1")}
    # THEN each has a request of its own
    assert len(requests) == 3
    assert {i["customer_id"]["S"] for i in shop.items("campaigns") if "customer_id" in i} == {"c-1", "c-10", "c/1"}


def test_an_erasure_that_is_done_has_forgotten_whom(shop, context):
    # GIVEN an erasure
    _, request = erase(context)
    # WHEN it is done
    end(context, request["request_id"])
    # THEN nothing in the table names the customer, and the status says so
    assert "c-1" not in json.dumps(shop.items("campaigns"))
    assert status(context, request["request_id"])[1]["status"] == "done"
    # AND asking again is a new request
    assert erase(context)[1]["request_id"] != request["request_id"]


def test_a_failed_erasure_hands_on_what_it_found_out(shop, context):
    # GIVEN an erasure that failed after it had erased what told the address
    _, first = erase(context)
    key = {"pk": {"S": "privacy"}, "sk": {"S": first["request_id"]}}
    shop.dynamodb.update_item(
        TableName="test-campaigns",
        Key=key,
        UpdateExpression="SET known = :known",
        ExpressionAttributeValues={":known": {"S": '{"emails":["kim@mail.example"]}'}},
    )
    end(context, first["request_id"], "failed", error={"Error": "States.TaskFailed", "Cause": "no"})
    assert status(context, first["request_id"])[1]["reason"] == "States.TaskFailed: no"
    # WHEN the customer is to be erased again
    _, second = erase(context)
    # THEN the new request knows the address, and the failed one nothing any more
    assert "kim@" in privacy.read(shop.dynamodb, "test-campaigns", second["request_id"]).known
    assert privacy.read(shop.dynamodb, "test-campaigns", first["request_id"]).customer_id is None


def test_a_request_whose_execution_is_over_without_a_word_is_replaced(shop, context):
    # GIVEN a running request whose execution was stopped
    _, first = erase(context)
    Workflows.over.add(first["request_id"])
    # WHEN the same is asked for
    code, second = erase(context)
    # THEN there is a new one, and the old one is said to have failed
    assert (code, second["status"]) == (202, "running")
    assert second["request_id"] != first["request_id"]
    assert status(context, first["request_id"])[1]["status"] == "failed"


def test_an_export_is_made_and_then_fetched(shop, context):
    # GIVEN an export in the making
    code, first = export(context)
    assert (code, first["status"], first["url"]) == (202, "running", None)
    # WHEN it is done
    shop.s3.put_object(Bucket=LAKE, Key=export_key(first["request_id"]), Body=b"{}")
    end(context, first["request_id"])
    # THEN the same request gives a URL signed so that encrypted objects can be fetched
    code, second = export(context)
    assert (code, second["request_id"]) == (200, first["request_id"])
    assert export_key(first["request_id"]) in second["url"]
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in second["url"]
    assert "X-Amz-Expires=3600" in second["url"]


def test_an_export_is_made_anew_after_a_day_and_after_a_failure(shop, context):
    # GIVEN an export that is a day old, and one that failed
    storage = Workflows()
    old = logic.export(storage, "c-1", NOW - timedelta(days=2))
    stored = storage.read(old.request_id)
    privacy.end(shop.dynamodb, "test-campaigns", stored, "done", "", NOW - timedelta(days=1))
    _, failed = export(context, "c-2")
    end(context, failed["request_id"], "failed", error={"Error": "x"})
    # WHEN they are asked for
    # THEN both are new
    assert logic.export(storage, "c-1", NOW).request_id != old.request_id
    assert export(context, "c-2")[1]["request_id"] != failed["request_id"]


def test_who_is_being_erased_is_not_exported(shop, context):
    # GIVEN a running erasure
    erase(context)
    # WHEN an export is asked for
    code, body = export(context)
    # THEN it is refused
    assert (code, body["error"]["code"]) == (409, "being_erased")


def test_many_at_once_get_the_same_request(shop, context):
    # GIVEN a customer
    # WHEN eight ask for the erasure at once
    found = []
    event = {"httpMethod": "DELETE", "resource": "/v1/customers/{id}", "pathParameters": {"id": "c-1"}}
    threads = [threading.Thread(target=lambda: found.append(module.respond(event))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # THEN it is one request
    assert {answer["statusCode"] for answer in found} == {202}
    assert len({json.loads(answer["body"])["request_id"] for answer in found}) == 1


@pytest.mark.parametrize("request_id", ["f" * 32, "../../x", ""])
def test_an_unknown_request_is_not_found(shop, context, request_id):
    # GIVEN no such request
    # WHEN its status is asked for
    code, body = status(context, request_id)
    # THEN it is not found
    assert (code, body["error"]["code"]) == (404, "unknown_request")


@pytest.mark.parametrize("customer", ["", "x" * 256, SHOP])
def test_an_id_that_is_none_is_refused(shop, context, customer):
    # GIVEN something that is no id
    # WHEN it is to be erased
    code, body = erase(context, customer)
    # THEN it is refused
    assert (code, body["error"]["code"]) == (400, "invalid_request")


def test_other_routes_are_not_found(shop, context):
    # GIVEN a route that is not one of these
    # WHEN it is asked
    # THEN it is not found
    assert ask(context, "POST", "/v1/customers/{id}", id="c-1")[0] == 404


def test_the_log_names_no_customer(shop, context, caplog):
    # GIVEN a customer
    # WHEN they are erased and exported
    erase(context)
    export(context)
    # THEN the log names their requests, not them
    logged = str([vars(record) for record in caplog.records])
    assert Workflows.started[0] in logged
    assert "c-1" not in logged


def test_starting_an_execution_that_is_over_is_told(shop, monkeypatch):
    # GIVEN Step Functions, which knows the execution's name
    error = shop.dynamodb.exceptions.ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")

    def refuse(**_):
        raise error

    client = SimpleNamespace(start_execution=refuse)
    monkeypatch.setattr("functions.customers.storage.client", lambda *_, **__: client)
    # WHEN it is started again
    request = SimpleNamespace(request_id="0" * 32, kind="erasure")
    # THEN storage says that it is over
    assert AwsStorage().start(request) is False
