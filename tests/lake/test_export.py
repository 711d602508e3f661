"""Telling what is held of a customer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from commerce.privacy import Export, Known
from lake.curate import curate
from lake.privacy import jobs, writers
from lake.privacy.export import TableNames, export
from lake.privacy.jobs import PrivacyError, erase_customer, export_customer
from lake.privacy.settings import Settings
from tests.lake.held import LAKE, MODELS, Shop, person
from tests.lake.rows import day

TABLES = TableNames("letters", "counters", "scores")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SHOPKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name in ("letters", "counters", "scores", "campaigns"):
            dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
                BillingMode="PAY_PER_REQUEST",
            )
        for who in ("c-1", "c-10"):
            keys = {"pk": {"S": f"customer#{who}"}, "sk": {"S": "orders"}}
            dynamodb.put_item(TableName="counters", Item=keys | {"orders": {"N": "3"}})
            keys = {"pk": {"S": f"visitor#visitor-of-{who}"}, "sk": {"S": "actions"}}
            dynamodb.put_item(TableName="counters", Item=keys | {"told": {"S": "[]"}})
            for owner in (f"customer#{who}", f"visitor#visitor-of-{who}"):
                keys = {"pk": {"S": f"shown#{owner}"}, "sk": {"S": "shown"}}
                dynamodb.put_item(TableName="counters", Item=keys | {"an-answer": {"S": "[0, []]"}})
        yield Shop(person("c-1"), person("c-10"))


def told(shop: Shop, folder: Path) -> tuple[Export, dict[str, int]]:
    known = Known(emails=["kim.c-1@mail.example"], anonymous_ids=["visitor-of-c-1"])
    counts = export(folder / "export.json", shop.buckets, TABLES, "c-1", known, day(9), lambda _: None)
    return Export.model_validate_json((folder / "export.json").read_bytes()), counts


def test_everything_held_is_told_by_place(shop: Shop, tmp_path: Path) -> None:
    # GIVEN a customer everywhere
    # WHEN what is held is told
    document, counts = told(shop, tmp_path)
    # THEN every place is there with its records, as they are stored, and nothing of the neighbour
    assert {place: len(records) for place, records in document.places.items()} == counts
    assert set(counts) == {
        "lake customers", "lake decisions", "lake events", "lake exposures", "lake labels", "lake logins",
        "lake messages", "lake order_lines", "lake orders", "lake payments", "lake sessions", "raw events",
        "rejected events", "unusable events", "runs", "campaigns", "letters", "athena", "table counters",
    }  # fmt: skip
    assert document.places["lake orders"][0]["total"] == "5.0000"
    assert {r["event_id"] for r in document.places["lake labels"]} == {"p-1", "l-1", "s-1"}
    assert document.places["table counters"] == [
        {"pk": "customer#c-1", "sk": "orders", "orders": "3"},
        {"pk": "visitor#visitor-of-c-1", "sk": "actions", "told": "[]"},
        {"pk": "shown#customer#c-1", "sk": "shown", "an-answer": "[0, []]"},
        {"pk": "shown#visitor#visitor-of-c-1", "sk": "shown", "an-answer": "[0, []]"},
    ]
    assert "c-10" not in document.model_dump_json()


def test_raw_events_that_are_in_the_lake_are_told_once(shop: Shop, tmp_path: Path) -> None:
    # GIVEN a raw file that was not curated yet
    document, _ = told(shop, tmp_path)
    assert [r["message_id"] for r in document.places["raw events"]] == ["e-6"]
    # WHEN it is curated
    curate(shop.lake, f"s3://{LAKE}/raw/events")
    document, _ = told(shop, tmp_path)
    # THEN its events are told from the lake alone
    assert "raw events" not in document.places
    assert "e-6" in {r["message_id"] for r in document.places["lake events"]}


def test_of_an_unknown_customer_nothing_is_told(shop: Shop, tmp_path: Path) -> None:
    # GIVEN somebody whom the shop does not know
    # WHEN what is held is told
    counts = export(tmp_path / "x.json", shop.buckets, TABLES, "nobody", Known(), day(9), lambda _: None)
    # THEN it is a document with nothing in it
    assert counts == {}
    assert Export.model_validate_json((tmp_path / "x.json").read_bytes()).places == {}


def settings(shop: Shop, request: str = "0" * 32, **item: str) -> Settings:
    if item:
        boto3.client("dynamodb").put_item(
            TableName="campaigns",
            Item={"pk": {"S": "privacy"}, "sk": {"S": request}} | {name: {"S": v} for name, v in item.items()},
        )
    return Settings(
        environment="test", request=request, campaigns_table="campaigns", letters_table="letters",
        counters_table="counters", scores_table="scores", lake_bucket=LAKE, models_bucket=MODELS,
    )  # fmt: skip


def test_a_job_for_a_customer_who_is_gone_does_nothing(shop: Shop, tmp_path: Path) -> None:
    # GIVEN a request that is done, or whose customer was erased meanwhile
    before = shop.contents()
    # WHEN its jobs run
    erase_customer(settings(shop, document="{}"), lambda _: None)
    # THEN nothing is erased, and there is nobody to export
    assert shop.contents() == before
    with pytest.raises(PrivacyError, match="was erased meanwhile"):
        export_customer(settings(shop), tmp_path / "x", lambda _: None)


def test_what_was_gathered_is_kept_before_anything_is_erased(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an erasure that is killed before it erases anything
    def killed(*_: object) -> dict[str, int]:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "erase", killed)
    with pytest.raises(KeyboardInterrupt):
        erase_customer(settings(shop, customer_id="c-1", document="{}"), lambda _: None)
    # WHEN its item is looked at
    key = {"pk": {"S": "privacy"}, "sk": {"S": "0" * 32}}
    item = boto3.client("dynamodb").get_item(TableName="campaigns", Key=key)["Item"]
    # THEN it knows what the customer goes by
    assert json.loads(item["known"]["S"]) == {"emails": ["kim.c-1@mail.example"], "anonymous_ids": ["visitor-of-c-1"]}


def test_an_unexpected_failure_does_not_quote_the_customer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a failure whose message quotes a value
    def fails(*_: object) -> dict[str, int]:
        raise ValueError("cannot read 'kim.c-1@mail.example'")

    monkeypatch.setattr(jobs, "erase", fails)
    # WHEN the job fails
    # THEN its reason says what kind and where, not the value
    with pytest.raises(PrivacyError) as failed:
        erase_customer(settings(shop, customer_id="c-1", document="{}"), lambda _: None)
    assert str(failed.value).startswith("ValueError in test_export.py, line ")
    assert failed.value.__suppress_context__


def test_jobs_that_began_before_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN jobs of this environment and others, one of which starts later
    running = iter([
        ["test-churn-prepare-1", "test-privacy-erase-2", "testing-churn-prepare-3"],
        ["test-churn-prepare-1", "test-churn-score-4"],
        ["test-churn-score-4"],
    ])  # fmt: skip
    said: list[str] = []
    monkeypatch.setattr(writers.boto3, "client", lambda _: None)
    names = lambda _, environment: [n for n in next(running) if writers.ours(n, environment)]  # noqa: E731
    monkeypatch.setattr(writers, "_running", names)
    # WHEN they are waited for
    waited = writers.wait("test", said.append, poll=0)
    # THEN it is until the one that began before has ended, whatever began since
    assert waited
    assert said == ["waiting for 1 jobs that began before"] * 2


def test_with_no_jobs_nothing_is_waited_for(shop: Shop) -> None:
    # GIVEN an account without running jobs
    # WHEN they are waited for
    # THEN there were none
    assert writers.wait("test", lambda _: None) is False
