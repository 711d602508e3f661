"""Erasing a customer from the buckets, proven by search over everything."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from commerce.privacy import Known
from lake import Lake
from lake.curate import curate
from lake.privacy import erase as erasing
from lake.privacy.bucket import Bucket
from lake.privacy.erase import LeftError, erase
from lake.privacy.files import clean
from lake.privacy.gather import gather, with_events
from lake.privacy.subject import Subject
from lake.schema import from_records
from tests.lake.held import LAKE, MODELS, Shop, archive, event, lines, person
from tests.lake.rows import order

PAIRS = [("c-1", "c-10"), ("7", "77")]
NEIGHBOURS_OWN = (
    "lake/orders/dt=2024-01-02/data.parquet",
    "lake/customers/dt=2024-01-03/data.parquet",
    "lake/messages/dt=2024-01-02/data.parquet",
    "raw/events/dt=2024-01-05/neighbour",
    "athena/sums.csv",
    "runs/churn/20240101-abcdef/evaluation/evaluation.json",
    "runs/churn/20240101-abcdef/model/job/output/model.tar.gz",
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SHOPKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def subject_of(shop: Shop) -> Subject:
    known = gather(shop.buckets, shop.gone.id, Known(), lambda _: None)
    return with_events(shop.buckets, Subject(shop.gone.id, frozenset(known.emails), frozenset(known.anonymous_ids)))


def run(shop: Shop) -> dict[str, int]:
    return erase(shop.buckets, subject_of(shop), lambda _: None)


@pytest.mark.parametrize("versions", [True, False])
@pytest.mark.parametrize("ids", PAIRS)
def test_a_search_over_every_byte_finds_nothing_afterwards(aws: None, ids: tuple[str, str], versions: bool) -> None:
    # GIVEN a shop that holds a customer everywhere, in old versions of objects too
    shop = Shop(person(ids[0]), person(ids[1]), versions=versions)
    before = shop.traces(shop.gone)
    neighbour = shop.traces(shop.stays)
    assert len({t.split(" ")[0] for t in before}) >= 25, before
    # WHEN the customer is erased
    found = run(shop)
    # THEN neither id nor address is anywhere, in any writing
    assert shop.traces(shop.gone) == []
    assert found["lake customers"] == 2
    # AND the neighbour is wherever they were, but for old versions that held both
    old = ("athena/deleted.csv", "athena/replaced.csv")
    assert {t for t in neighbour if not t.startswith(old)} == set(shop.traces(shop.stays))


@pytest.mark.parametrize("ids", PAIRS)
def test_objects_without_the_customer_are_not_written(aws: None, ids: tuple[str, str]) -> None:
    # GIVEN objects that only the neighbour is in, or nobody
    shop = Shop(person(ids[0]), person(ids[1]))
    before = shop.stamps(*NEIGHBOURS_OWN)
    # WHEN the customer is erased
    run(shop)
    # THEN they are the same versions as before
    assert shop.stamps(*NEIGHBOURS_OWN) == before


def test_the_address_and_visits_are_found_before_anything_goes(aws: None) -> None:
    # GIVEN a customer who was a visitor first
    shop = Shop(person("c-1"), person("c-10"))
    # WHEN it is gathered what they go by
    known = gather(shop.buckets, "c-1", Known(), lambda _: None)
    # THEN it is their address in lower case and their visitor's id, and nobody else's
    assert known == Known(emails=["kim.c-1@mail.example"], anonymous_ids=["visitor-of-c-1"])


def test_a_visitor_who_is_somebody_else_too_is_not_erased(aws: None) -> None:
    # GIVEN one device that two customers use
    gone, stays = person("c-1"), person("c-10")
    shared = type(gone)(stays.id, stays.email, gone.visitor)
    shop = Shop(gone, shared)
    # WHEN it is gathered what one of them goes by
    known = gather(shop.buckets, "c-1", Known(), lambda _: None)
    # THEN the device is not theirs alone
    assert known.anonymous_ids == []


def test_what_bookkeeping_needs_stays_without_the_customer(aws: None) -> None:
    # GIVEN orders and payments of the customer
    shop = Shop(person("c-1"), person("c-10"))
    # WHEN they are erased
    run(shop)
    # THEN amounts stay, and nothing that names a person
    [kept] = [r for r in shop.lake.read("orders").to_pylist() if r["order_id"] == "o-1"]
    [line] = [r for r in shop.lake.read("order_lines").to_pylist() if r["order_id"] == "o-1"]
    [paid] = [r for r in shop.lake.read("payments").to_pylist() if r["payment_id"] == "p-1"]
    assert (kept["customer_id"], kept["total"]) == (None, 5)
    assert (line["customer_id"], line["product_id"], line["total"]) == (None, "7", 5)
    assert (paid["customer_id"], paid["card_fingerprint"], paid["ip"], paid["amount"]) == (None, None, None, 5)
    assert paid["shipping_address"] is None


def about_events(shop: Shop) -> dict[str, set[str]]:
    """Ids of the events that every content of these tables tells of, old versions too."""
    found: dict[str, set[str]] = {"labels": set(), "decisions": set(), "sessions": set()}
    for (_, key, _), body in shop.contents().items():
        table = key.split("/")[1]
        if table in found:
            rows = pq.read_table(pa.BufferReader(body)).to_pylist()
            found[table] |= {r["event_id"] if "event_id" in r else r["session_id"] for r in rows}
    return found


OF_OTHERS = {"p-2", "l-2", "s-2", "p-3", "l-3", "s-3"}


def test_what_is_about_events_goes_with_the_customer_but_labels_of_payments(aws: None) -> None:
    # GIVEN labels and decisions that know payments, logins and sessions by their ids alone
    shop = Shop(person("c-1"), person("c-10"))
    assert about_events(shop)["decisions"] == OF_OTHERS | {"p-1", "l-1", "s-1"}
    # WHEN the customer is erased
    run(shop)
    # THEN those about the customer's events are gone, and a payment that stays keeps what it turned out to be
    assert about_events(shop) == {
        "labels": OF_OTHERS | {"p-1"}, "decisions": OF_OTHERS, "sessions": {"s-2", "s-3"},
    }  # fmt: skip


def test_events_of_others_that_name_the_customer_stay_without_the_name(aws: None) -> None:
    # GIVEN an event of the neighbour whose context has the customer's address
    shop = Shop(person("c-1"), person("c-10"))
    # WHEN the customer is erased
    run(shop)
    # THEN the event is there, its context less the address and the id
    [row] = [r for r in shop.lake.read("events").to_pylist() if r["message_id"] == "e-4"]
    assert json.loads(row["context"]) == {"referrer": "https://x.example/?to=", "userId": None}


def test_partitions_are_what_the_lake_would_have_written_without_the_customer(aws: None) -> None:
    # GIVEN a partition with both
    shop = Shop(person("c-1"), person("c-10"))
    rows = [{"order_id": "a", "customer_id": None, "ordered_at": order("a", 9)["ordered_at"], "status": "completed"}]
    shop.lake.write("orders", from_records("orders", [order("b", 9, customer_id="c-1"), order("a", 9)]))
    # WHEN the customer is erased and the same rows are written again without them
    run(shop)
    report = shop.lake.write("orders", from_records("orders", [*rows, order("b", 9)]))
    # THEN nothing changes
    assert report.unchanged == 2


def test_curation_brings_nothing_back_and_takes_nothing_in_twice(aws: None) -> None:
    # GIVEN an erased customer
    shop = Shop(person("c-1"), person("c-10"))
    run(shop)
    # WHEN new events are curated
    report = curate(shop.lake, f"s3://{LAKE}/raw/events")
    # THEN only the file that was not curated before is read, and the customer is not in it
    assert report.files == 1
    assert shop.traces(shop.gone) == []
    # AND curating everything from the beginning does not bring them back either
    fresh = Lake.open(f"s3://{LAKE}/fresh")
    curate(fresh, f"s3://{LAKE}/raw/events")
    assert shop.traces(shop.gone) == []


def test_lists_of_files_say_how_many_lines_are_left(aws: None) -> None:
    # GIVEN score and letter files that a manifest counts
    shop = Shop(person("c-1"), person("c-10"))
    # WHEN the customer is erased
    run(shop)
    # THEN the counts are right
    for bucket, key in (
        (MODELS, "runs/churn/20240101-abcdef/scores/manifest.json"),
        (LAKE, "campaigns/win-back/r0001/allocation/manifest.json"),
    ):
        [item] = json.loads(shop.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        assert item["rows"] == 1


def test_erasing_twice_changes_nothing_more(aws: None) -> None:
    # GIVEN an erased customer
    shop = Shop(person("c-1"), person("c-10"))
    subject = subject_of(shop)
    erase(shop.buckets, subject, lambda _: None)
    before = shop.contents()
    # WHEN they are erased again
    found = erase(shop.buckets, subject, lambda _: None)
    # THEN there was nothing
    assert found == {}
    assert shop.contents() == before


def test_an_unknown_customer_is_no_failure(aws: None) -> None:
    # GIVEN a shop that never knew the customer
    shop = Shop(person("c-1"), person("c-10"))
    before = shop.contents()
    # WHEN they are erased
    found = erase(shop.buckets, Subject("nobody"), lambda _: None)
    # THEN nothing was found and nothing written
    assert found == {}
    assert shop.contents() == before


@pytest.mark.parametrize("survives", [0, 3, 12, 30])
def test_a_killed_erasure_is_finished_by_the_next(aws: None, monkeypatch: pytest.MonkeyPatch, survives: int) -> None:
    # GIVEN an erasure that is killed after so many writes
    shop = Shop(person("c-1"), person("c-10"))
    known = gather(shop.buckets, "c-1", Known(), lambda _: None)
    subject = with_events(shop.buckets, Subject("c-1", frozenset(known.emails), frozenset(known.anonymous_ids)))
    writes = threading.Semaphore(survives)

    def until(method: Callable[..., Any]) -> Callable[..., Any]:
        def killed(*arguments: Any) -> Any:
            if not writes.acquire(blocking=False):
                raise KeyboardInterrupt
            return method(*arguments)

        return killed

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "replace", until(Bucket.replace))
        patched.setattr(Bucket, "remove", until(Bucket.remove))
        with pytest.raises(KeyboardInterrupt):
            erase(shop.buckets, subject, lambda _: None)
    assert shop.traces(shop.gone)
    # WHEN it is run again, with what was known before
    again = gather(shop.buckets, "c-1", known, lambda _: None)
    subject = Subject("c-1", frozenset(again.emails), frozenset(again.anonymous_ids))
    erase(shop.buckets, with_events(shop.buckets, subject), lambda _: None)
    # THEN it is finished
    assert shop.traces(shop.gone) == []
    assert about_events(shop)["decisions"] == OF_OTHERS


def test_others_write_to_the_lake_meanwhile_and_lose_nothing(aws: None) -> None:
    # GIVEN a loader that keeps writing orders into the customer's partition
    shop = Shop(person("c-1"), person("c-10"))
    written: list[str] = []
    stop = threading.Event()

    def load() -> None:
        lake = Lake.open(f"s3://{LAKE}/lake")
        while not stop.is_set() and len(written) < 40:
            lake.write("orders", from_records("orders", [order(f"w-{len(written)}", customer_id="c-10")]))
            written.append(f"w-{len(written)}")

    with ThreadPoolExecutor(1) as pool:
        loader = pool.submit(load)
        # WHEN the customer is erased, which deletes the copies that the loader reads as well
        run(shop)
        stop.set()
    # THEN the loader did not fail, every order is there, and no trace of the customer
    loader.result()
    assert {r["order_id"] for r in shop.lake.read("orders").to_pylist()} >= set(written)
    assert shop.traces(shop.gone) == []


def test_what_was_written_while_it_ran_is_found_by_another_pass(aws: None) -> None:
    # GIVEN a job that read the customer before and writes after the first passes
    shop = Shop(person("c-1"), person("c-10"))
    late = [lines(event(shop.gone, "e-99"))]

    def settle() -> bool:
        if not late:
            return False
        shop.put(LAKE, "raw/events/dt=2024-01-07/late", late.pop())
        return True

    # WHEN the customer is erased, and such jobs are waited for
    erase(shop.buckets, subject_of(shop), lambda _: None, settle)
    # THEN that is found too
    assert shop.traces(shop.gone) == []


def test_what_cannot_be_taken_out_fails_with_its_key(aws: None) -> None:
    # GIVEN a model artifact that holds the customer's address
    shop = Shop(person("c-1"), person("c-10"))
    key = "runs/churn/20240101-abcdef/model/job/output/model.tar.gz"
    shop.put(MODELS, key, archive({"notes.txt": f"learned from {shop.gone.email}"}))
    # WHEN the customer is erased
    # THEN the job fails, naming the object and not the customer, and has erased the rest
    with pytest.raises(LeftError, match=r"model\.tar\.gz is an archive") as failed:
        run(shop)
    assert "kim" not in str(failed.value)
    assert {t.split(" ")[0] for t in shop.traces(shop.gone)} == {key}


def test_an_object_that_never_holds_still_is_given_up_with_its_key(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN somebody who changes an object at every attempt
    shop = Shop(person("c-1"), person("c-10"))
    monkeypatch.setattr(erasing.time, "sleep", lambda _: None)
    monkeypatch.setattr(erasing, "_ATTEMPTS", 3)

    def always(*_: Any) -> str:
        raise erasing.ConflictError("x")

    monkeypatch.setattr(Bucket, "replace", always)
    monkeypatch.setattr(erasing, "recount", lambda *_: None)
    # WHEN the customer is erased
    # THEN it ends, and says what is left
    with pytest.raises(LeftError, match="still name the customer"):
        run(shop)


IDS = st.text("0123456789ab-_", min_size=1, max_size=4)


@given(
    gone=IDS,
    others=st.lists(IDS, max_size=6),
    emails=st.lists(st.sampled_from(["a@b.co", "aa@b.co", "A@B.CO", "a@b.com", "a@b.co.uk"]), max_size=3),
)
def test_lines_of_others_stay_as_they_are(
    tmp_path_factory: Any, gone: str, others: list[str], emails: list[str]
) -> None:
    # GIVEN lines of several customers, with addresses that begin or end alike
    folder = tmp_path_factory.mktemp("lines")
    rows = [json.dumps({"customer_id": i, "quantity": 7, "product_id": "x/1"}) + "\n" for i in [*others, gone]]
    mails = [json.dumps({"customer_id": "somebody else", "reason": f"550 <{e}> unknown"}) + "\n" for e in emails]
    (folder / "in").write_text("".join(rows + mails))
    # WHEN one of them is erased
    clean(folder / "in", folder / "out", "x.jsonl", Subject(gone, frozenset({"a@b.co"})))
    # THEN the others' lines are the same bytes
    left = (folder / "out").read_text().splitlines(keepends=True)
    assert [r for r in left if "customer_id" in r and "somebody" not in r] == [
        r for r in rows if json.loads(r)["customer_id"] != gone
    ]
    same = [m for m, e in zip(mails, emails, strict=True) if e.lower() != "a@b.co"]
    assert [r for r in left if r in same] == same
    assert not [r for r in left if "<a@b.co>" in r.lower()]


@pytest.mark.parametrize(
    ("id_", "name", "value", "is_named"),
    [
        ("1", "quantity", "1", False),
        ("1", "product_id", "1", False),
        ("1", "userId", "1", True),
        ("1", "customer_id", 1, True),
        ("1", "userId", "10", False),
        ("c-1", "note", "c-1", True),
        ("c-1", "note", "c-10", False),
        ("c-1", "email", "Kim@Mail.Example", True),
        ("c-1", "email", "jokim@mail.example", False),
        ("c-1", "email", "kim@mail.example.org", False),
        ("c-1", "email", "kim@mail.example.", True),
        ("c-1", "url", "https://x.example/?e=kim%40mail.example&n=1", True),
        ("c-1", "url", "https://x.example/?e%3Dkim%40mail.example", True),
        ("c-1", "raw", '{"deep": "{\\"userId\\": \\"c-1\\"}"}', True),
        ("1", "raw", '{"deep": "{\\"userId\\": \\"1\\", \\"n\\": \\"1\\"}"}', True),
        ("1", "raw", '{"deep": "{\\"n\\": \\"1\\"}"}', False),
    ],
)
def test_ids_are_whole_values_and_addresses_whole_addresses(id_: str, name: str, value: Any, is_named: bool) -> None:
    # GIVEN a customer
    subject = Subject(id_, frozenset({"kim@mail.example"}))
    # WHEN a value is looked at
    # THEN it names them only as a whole
    assert subject.names(value, name) is is_named
    assert not subject.names(subject.without(value, name), name)
