"""Erasing a customer from the tables, found by keys alone."""

import contextlib
import json

import pytest

from commerce.families import discover
from commerce.privacy import Known, PrivacyRequest
from functions.common import ledger, privacy
from functions.erase_tables import logic
from functions.erase_tables.handler import UnknownRequestError, handler
from tests.functions.privacy import ENVIRONMENT, NOW, fill, make_tables, put, traces

REQUEST = "0" * 32


@pytest.fixture
def filled(account, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    make_tables(account)
    fill(account, "c-1", "c-10")
    request = PrivacyRequest(request_id=REQUEST, kind="erasure", status="running", requested_at=NOW)
    assert privacy.begin(account.dynamodb, "test-campaigns", request, "c-1", None)
    return account


def everything(account):
    return {name: account.items(name) for name in ("letters", "counters", "scores", "campaigns")}


def test_first_the_customer_is_marked_so_that_no_letter_goes_out(filled, context):
    # GIVEN a customer whom a running campaign may write to
    # WHEN the tables are erased for the first time
    answer = handler({"request_id": REQUEST, "last": False}, context)
    # THEN nothing of them is left but the mark, and the workflow is told how long to wait
    assert set(traces(filled, "c-1")) == {"campaigns privacy", "campaigns customer#c-1", "letters customer#c-1"}
    [mark] = [i for i in filled.items("letters") if i["pk"]["S"] == "customer#c-1"]
    assert (mark["sk"]["S"], "unsubscribed" in mark) == ("contact", True)
    assert answer == {"wait_seconds": 0}


def test_last_the_mark_goes_with_what_was_written_meanwhile(filled, context):
    # GIVEN tables that were erased once, and an order that was counted since
    handler({"request_id": REQUEST, "last": False}, context)
    put(filled, "counters", "customer#c-1", "orders", orders="1")
    # WHEN they are erased for the last time
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN only the request itself knows the customer, and how many items there were
    assert set(traces(filled, "c-1")) == {"campaigns privacy", "campaigns customer#c-1"}
    stored = privacy.read(filled.dynamodb, "test-campaigns", REQUEST)
    assert stored.told == {"table campaigns": 1, "table counters": 2, "table letters": 2, "table scores": 2}


def test_the_neighbour_keeps_everything(filled, context):
    # GIVEN another customer whose id begins alike
    before = traces(filled, "c-10")
    # WHEN the first is erased
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN the other has every item, and the campaign shows them
    assert traces(filled, "c-10") == before
    [campaign] = [i for i in filled.items("campaigns") if i["pk"]["S"] == "campaign"]
    document = json.loads(campaign["document"]["S"])
    assert (document["audience"]["sample"], document["preview"]["sample"]) == (["c-10"], ["c-10"])
    assert (document["revision"], campaign["revision"]["N"]) == (5, "5")


def test_what_a_product_sold_and_is_forecast_stays_whatever_the_customers_id_is(filled, context):
    # GIVEN a product that has the customer's id, with its sales and the answers of the families of products
    put(filled, "counters", "product#c-1", "sales", era34="1")
    answers = {f"{spec.name}#c-1" for spec in discover().values() if spec.entity == "product"}
    for key in answers:
        put(filled, "scores", key, "3", answer="{}")
    # WHEN the customer is erased
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN all are still there
    left = {item["pk"]["S"] for table in ("counters", "scores") for item in filled.items(table)}
    assert answers and {"product#c-1", *answers} <= left


def test_what_the_customer_did_before_they_were_known_goes_too(filled, context):
    # GIVEN what the customer, a visitor who turned out to be them, and somebody else did and were shown
    for pk in ("customer#c-1", "visitor#v-1", "visitor#v-10"):
        put(filled, "counters", pk, "actions", told="[]")
        put(filled, "counters", f"shown#{pk}", "shown", **{"0" * 32: "[0, []]"})
    known = Known(anonymous_ids=["v-1"])
    filled.dynamodb.update_item(
        TableName="test-campaigns",
        Key={"pk": {"S": "privacy"}, "sk": {"S": REQUEST}},
        UpdateExpression="SET known = :known",
        ExpressionAttributeValues={":known": {"S": known.model_dump_json()}},
    )
    # WHEN the customer is erased
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN only the other visitor's is left, and what is erased is counted
    left = {item["pk"]["S"] for item in filled.items("counters") if item["sk"]["S"] in ("actions", "shown")}
    assert left == {"visitor#v-10", "shown#visitor#v-10"}
    assert privacy.read(filled.dynamodb, "test-campaigns", REQUEST).told["table counters"] == 5


@pytest.mark.parametrize("kept", range(0, 9, 2))
def test_a_killed_erasure_is_finished_by_a_retry(filled, context, monkeypatch, kept):
    # GIVEN an erasure that is killed after some deletions
    left = iter(range(kept))
    real = logic._delete

    def until_killed(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(logic, "_delete", until_killed)
        with contextlib.suppress(KeyboardInterrupt):
            handler({"request_id": REQUEST, "last": True}, context)
    # WHEN it is tried again
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN it is finished, coupons and letters' own items too
    assert set(traces(filled, "c-1")) == {"campaigns privacy", "campaigns customer#c-1"}


def test_a_campaign_that_changes_meanwhile_keeps_its_change(filled, context, monkeypatch):
    # GIVEN somebody who changes the campaign between reading and writing
    real, changed = filled.dynamodb.update_item, []

    def raced(**request):
        if request["Key"]["pk"]["S"] == "campaign" and not changed:
            changed.append(1)
            item = filled.dynamodb.get_item(TableName="test-campaigns", Key=request["Key"])["Item"]
            document = json.loads(item["document"]["S"]) | {"status": "paused", "revision": 5}
            item |= {"document": {"S": json.dumps(document)}, "revision": {"N": "5"}}
            filled.dynamodb.put_item(TableName="test-campaigns", Item=item)
        return real(**request)

    monkeypatch.setattr(filled.dynamodb, "update_item", raced)
    # WHEN the customer is erased
    tables = logic.Tables("test-campaigns", "test-letters", "test-counters", "test-scores")
    logic.erase(filled.dynamodb, tables, "c-1", Known(), keep_mark=False)
    # THEN the campaign has both changes
    [campaign] = [i for i in filled.items("campaigns") if i["pk"]["S"] == "campaign"]
    document = json.loads(campaign["document"]["S"])
    assert (document["status"], document["audience"]["sample"], document["revision"]) == ("paused", ["c-10"], 6)


def test_an_export_of_the_customer_is_nobodys_any_more(filled, context):
    # GIVEN an export in the making
    export = PrivacyRequest(request_id="1" * 32, kind="export", status="running", requested_at=NOW)
    privacy.begin(filled.dynamodb, "test-campaigns", export, "c-1", None)
    # WHEN the customer is erased
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN it does not know any more whose it was
    assert privacy.read(filled.dynamodb, "test-campaigns", "1" * 32).customer_id is None
    assert privacy.find(filled.dynamodb, "test-campaigns", "c-1", "export") is None


def test_a_suppressed_address_stays_suppressed(filled, context):
    # GIVEN an address that complained
    ledger.suppress(filled.dynamodb, "test-letters", "kim@mail.example", "complained", NOW)
    # WHEN its customer is erased
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN nothing will be sent there, though nobody can read the address from it
    assert [i["pk"]["S"] for i in filled.items("letters") if i["sk"]["S"] == "suppressed"]
    assert "kim" not in json.dumps(filled.items("letters"))


def test_an_erasure_that_is_done_is_not_done_again(filled, context):
    # GIVEN a request that has ended
    stored = privacy.read(filled.dynamodb, "test-campaigns", REQUEST)
    privacy.end(filled.dynamodb, "test-campaigns", stored, "done", "", NOW)
    before = everything(filled)
    # WHEN its step runs once more
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN it has nobody to erase
    assert everything(filled) == before


def test_a_request_that_is_none_is_an_error(filled, context):
    # GIVEN an id that the API never gave
    # WHEN its step runs
    # THEN the execution learns why it fails
    with pytest.raises(UnknownRequestError):
        handler({"request_id": "f" * 32, "last": True}, context)


def test_the_log_names_no_customer(filled, context, caplog):
    # GIVEN a customer
    # WHEN they are erased
    handler({"request_id": REQUEST, "last": True}, context)
    # THEN the log has the request's id alone
    logged = str([vars(record) for record in caplog.records])
    assert REQUEST in logged
    assert "c-1" not in logged
