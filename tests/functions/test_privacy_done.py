"""The end of a privacy request."""

import json

import pytest

from commerce.privacy import PrivacyRequest, export_key
from functions.common import privacy
from functions.privacy_done.handler import NothingExportedError, handler, reason
from tests.functions.privacy import ENVIRONMENT, NOW, make_tables
from tests.functions.support import LAKE

REQUEST = "0" * 32


@pytest.fixture
def shop(account, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    make_tables(account)
    return account


def begin(account, kind):
    request = PrivacyRequest(request_id=REQUEST, kind=kind, status="running", requested_at=NOW)
    assert privacy.begin(account.dynamodb, "test-campaigns", request, "c-1", None)
    privacy.tell(account.dynamodb, "test-campaigns", read(account), {"lake orders": 2})


def read(account):
    return privacy.read(account.dynamodb, "test-campaigns", REQUEST)


def test_a_request_that_is_done_says_what_was_found_and_expires(shop, context):
    # GIVEN a running erasure
    begin(shop, "erasure")
    # WHEN it is done
    handler({"request_id": REQUEST, "outcome": "done"}, context)
    # THEN it says what was found, and nothing that names the customer is left
    assert (read(shop).request.status, read(shop).request.found) == ("done", {"lake orders": 2})
    [item] = shop.items("campaigns")
    assert set(item) == {"pk", "sk", "document", "ttl"}


def test_ending_twice_changes_nothing(shop, context):
    # GIVEN a request that is done
    begin(shop, "erasure")
    handler({"request_id": REQUEST, "outcome": "done"}, context)
    before = shop.items("campaigns")
    # WHEN it fails afterwards
    answer = handler({"request_id": REQUEST, "outcome": "failed", "error": {"Error": "late"}}, context)
    # THEN it stays done
    assert answer == {"status": "done"}
    assert shop.items("campaigns") == before


def test_a_failed_erasure_still_knows_whom(shop, context):
    # GIVEN a running erasure
    begin(shop, "erasure")
    # WHEN it fails
    handler({"request_id": REQUEST, "outcome": "failed", "error": {"Error": "States.Timeout"}}, context)
    # THEN another one can be asked for, which takes over what it knows
    assert (read(shop).request.status, read(shop).customer_id) == ("failed", "c-1")


def test_an_export_without_its_file_is_not_done(shop, context):
    # GIVEN an export whose job left nothing
    begin(shop, "export")
    # WHEN it is to be done
    # THEN it fails; with its file it is done, and does not know any more whose it is
    with pytest.raises(NothingExportedError):
        handler({"request_id": REQUEST, "outcome": "done"}, context)
    shop.s3.put_object(Bucket=LAKE, Key=export_key(REQUEST), Body=b"{}")
    assert handler({"request_id": REQUEST, "outcome": "done"}, context) == {"status": "done"}
    assert read(shop).customer_id is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            {"Error": "E", "Cause": json.dumps({"FailureReason": "AlgorithmError: x", "Secret": 1})},
            "E: AlgorithmError: x",
        ),
        ({"Error": "E", "Cause": json.dumps({"errorMessage": "m", "stackTrace": ["t"]})}, "E: m"),
        ({"Error": "E", "Cause": "plain"}, "E: plain"),
        ({"Error": "E"}, "E: "),
        ({"Error": "E", "Cause": "x" * 1000}, "E: " + "x" * 497),
    ],
)
def test_reasons_are_words(error, words):
    # GIVEN an error as the workflow caught it
    # WHEN it is put in words
    # THEN it is what the job or the function said
    assert reason(error) == words
