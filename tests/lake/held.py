"""A shop that holds a customer everywhere it can, beside a neighbour whose id begins with theirs; and a plain search.

The search knows nothing of the code under test: it opens every content of every object and looks at whole values.
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import itertools
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lake import Lake
from lake.curate import curate
from lake.privacy.bucket import Bucket
from lake.schema import from_records
from tests.lake.rows import day

LAKE, MODELS = "shop-lake", "shop-models"
PERSONS = {"customer_id", "customerId", "userId", "user_id", "entity_id", "previousId"}
LISTS = {"sample"}


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    visitor: str


def person(id_: str) -> Person:
    return Person(id_, f"kim.{id_.lower()}@Mail.example", f"visitor-of-{id_}")


def event(who: Person, message_id: str, **more: Any) -> dict[str, Any]:
    """A row of `events` as ingest writes it."""
    row = {
        "message_id": message_id,
        "type": "track",
        "name": "Product Viewed",
        "customer_id": who.id,
        "anonymous_id": who.visitor,
        "session_id": None,
        "timestamp": day(5).isoformat(),
        "received_at": day(5).isoformat(),
        "properties": json.dumps({"product_id": "7", "quantity": 7}),
        "traits": None,
        "context": None,
    }
    return row | more


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(r).encode() + b"\n" for r in rows)


def archive(files: dict[str, str]) -> bytes:
    """A model artifact."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return sink.getvalue()


class Shop:
    """The buckets, filled."""

    def __init__(self, gone: Person, stays: Person, *, versions: bool = True) -> None:
        self.gone, self.stays = gone, stays
        self.s3 = boto3.client("s3")
        for name in (LAKE, MODELS):
            self.s3.create_bucket(Bucket=name)
            if versions:
                configuration = {"Status": "Enabled"}
                self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=configuration)
        self.lake = Lake.open(f"s3://{LAKE}/lake")
        self.buckets = [Bucket("lake", LAKE), Bucket("models", MODELS)]
        for who, number in ((gone, 1), (stays, 2), (stays, 3)):
            self._tables(who, number)
        self._about_events()
        self._raw()
        self._runs()
        self._campaign()
        self._others()

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _tables(self, who: Person, number: int) -> None:
        n, at = f"{who.id}/{number}", day(number)
        money = {"total": 5, "currency": "EUR"}
        rows: dict[str, dict[str, Any]] = {
            "orders": {"order_id": n, "customer_id": who.id, "ordered_at": at, "status": "completed", **money},
            "order_lines": {
                "order_id": n, "line_id": "1", "customer_id": who.id, "product_id": "7", "ordered_at": at,
                "kind": "sale", "quantity": 1.0, **money,
            },
            "customers": {
                "customer_id": who.id, "updated_at": at, "email": who.email, "traits": '{"first_name": "Kim"}',
            },
            "messages": {
                "message_id": f"m-{number}", "customer_id": who.id, "occurred_at": at, "interaction": "bounced",
                "reason": f"550 <{who.email}> is unknown",
            },
            "logins": {"login_id": f"l-{number}", "customer_id": who.id, "occurred_at": at, "succeeded": True},
            "payments": {
                "payment_id": f"p-{number}", "customer_id": who.id, "occurred_at": at, "amount": 5, "currency": "EUR",
                "ip": "10.0.0.1", "card_fingerprint": f"card of {number}", "shipping_address": f"address of {number}",
            },
            "sessions": {"session_id": f"s-{number}", "anonymous_id": who.visitor, "ended_at": at, "requests": 7.0},
            "exposures": {
                "exposure_id": f"x-{number}", "position": 7, "anonymous_id": who.visitor, "customer_id": None,
                "occurred_at": at, "family": "churn", "source": "model",
            },
        }  # fmt: skip
        for table, row in rows.items():
            # What bookkeeping keeps has an order number of its own, not one made of the customer's id.
            if table in ("orders", "order_lines"):
                row["order_id"] = f"o-{number}"
            self.lake.write(table, from_records(table, [row]))

    def _about_events(self) -> None:
        """Labels and decisions, which know the events of several customers by their ids alone."""
        labels, decisions = [], []
        for event_type, number in itertools.product(("payment", "login", "session"), (1, 2, 3)):
            id_ = f"{event_type[0]}-{number}"
            about = {"event_type": event_type, "event_id": id_}
            labels.append(about | {"labelled_at": day(8), "fraud": True, "source": "review"})
            decided = {"decided_at": day(8), "family": "fraud", "source": "rules", "outcome": "review"}
            reasons = {"features": '{"attempts": 7}', "reasons": f'["seven attempts of {number}"]'}
            decisions.append(about | {"decision_id": f"d-{id_}"} | decided | reasons)
        self.lake.write("labels", from_records("labels", labels))
        self.lake.write("decisions", from_records("decisions", decisions))

    def _raw(self) -> None:
        gone, stays = self.gone, self.stays
        known = {"type": "identify", "name": None, "properties": None}
        first = lines(
            event(gone, "e-1", **known, traits=json.dumps({"email": gone.email, "plan": "7"})),
            event(stays, "e-2", **known, traits=json.dumps({"email": stays.email})),
            event(gone, "e-3", customer_id=None),
            event(
                stays, "e-4", context=json.dumps({"referrer": f"https://x.example/?to={gone.email}", "userId": gone.id})
            ),
        )
        self.put(LAKE, "raw/events/dt=2024-01-05/first", first)
        self.put(LAKE, "raw/events/dt=2024-01-05/neighbour", lines(event(stays, "e-5")))
        self.put(LAKE, "raw/events/dt=2024-01-05/broken", b'{"customer_id": "%s", "typ\n' % gone.id.encode())
        curate(self.lake, f"s3://{LAKE}/raw/events")
        late = lines(
            event(gone, "e-6"),
            event(stays, "e-7"),
            event(stays, "e-8", type="alias", traits=json.dumps({"previousId": gone.id})),
        )
        self.put(LAKE, "raw/events/dt=2024-01-06/late.gz", gzip.compress(late))
        refused = [
            {
                "received_at": "x",
                "source": "web",
                "message_id": None,
                "reasons": ["no"],
                "message": {"userId": who.id, "traits": {"email": who.email}},
            }
            for who in (gone, stays)
        ]
        self.put(LAKE, "rejected/dt=2024-01-05/one", lines(*refused))
        data = base64.b64encode(lines(event(gone, "e-9"), event(stays, "e-10"))).decode()
        self.put(LAKE, "failed/raw/events/x/dt=2024-01-05/one", lines({"attemptsMade": 4, "rawData": data}))

    def _runs(self) -> None:
        gone, stays = self.gone, self.stays
        run = "runs/churn/20240101-abcdef"
        for part in ("train", "holdout", "score"):
            sink = io.BytesIO()
            frame = pd.DataFrame({"entity_id": [gone.id, stays.id], "recency": [7.0, 8.0]})
            frame.to_parquet(sink, index=False)
            self.put(MODELS, f"{run}/features/{part}.parquet", sink.getvalue())
        scored = [{"entity_id": who.id, "answer": {"family": "churn", "probability": 0.7}} for who in (gone, stays)]
        self.put(MODELS, f"{run}/scores/part-00000.jsonl", lines(*scored))
        self.put(MODELS, f"{run}/scores/manifest.json", json.dumps([{"key": "part-00000.jsonl", "rows": 2}]).encode())
        golden = [{"instance": {"entity_id": who.id, "recency": 7}, "answer": {"x": 1}} for who in (gone, stays)]
        self.put(MODELS, f"{run}/evaluation/golden.json", json.dumps(golden, indent=1).encode())
        self.put(MODELS, f"{run}/evaluation/evaluation.json", json.dumps({"holdout_rows": 7}).encode())
        model = archive({"model.json": '{"rows": 7}', "trees.txt": "tree\nleaf=7\n"})
        self.put(MODELS, f"{run}/model/job/output/model.tar.gz", model)

    def _campaign(self) -> None:
        gone, stays = self.gone, self.stays
        kept, letters = "campaigns/win-back/r0001", "letters/win-back/r0001"
        facts = {"as_of": "2024-01-09", "known": 7, "sample": [gone.id, stays.id]}
        self.put(LAKE, f"{kept}/audience/audience.json", json.dumps(facts, indent=2).encode())
        sink = io.BytesIO()
        pq.write_table(pa.table({"customer_id": [gone.id, stays.id], "arm": ["a", "holdout"]}), sink)
        self.put(LAKE, f"{kept}/allocation/assignment.parquet", sink.getvalue())
        part = f"{letters}/parts/part-00001.jsonl"
        listed = [{"number": 1, "key": part, "rows": 2}]
        self.put(LAKE, f"{kept}/allocation/manifest.json", json.dumps(listed).encode())
        members = [{"customer_id": w.id, "arm": "a", "email": w.email, "traits": {}} for w in (gone, stays)]
        self.put(LAKE, part, lines(*members))
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([m | {"traits": "{}"} for m in members]), sink)
        self.put(LAKE, f"{letters}/members/members.parquet", sink.getvalue())
        self.put(LAKE, f"{kept}/look-01/result.html", f"<p>for {gone.email.upper()}</p><p>{stays.email}</p>".encode())

    def _others(self) -> None:
        gone, stays = self.gone, self.stays
        for who in (gone, stays):
            document = {"customer_id": who.id, "known": {"emails": [who.email]}, "places": {}}
            self.put(LAKE, f"exports/{'0' * 31}{len(who.id)}/export.json", json.dumps(document).encode())
        rows = f'"customer_id","email","n"\n"{gone.id}","{gone.email}","7"\n"{stays.id}","{stays.email}","8"\n'
        self.put(LAKE, "athena/result.csv", rows.encode())
        self.put(LAKE, "athena/sums.csv", b'"store_id","n"\n"7","7"\n')
        # An object that was deleted, and one that was replaced, live on as old versions.
        self.put(LAKE, "athena/deleted.csv", rows.encode())
        self.s3.delete_object(Bucket=LAKE, Key="athena/deleted.csv")
        self.put(LAKE, "athena/replaced.csv", rows.encode())
        self.put(LAKE, "athena/replaced.csv", b'"n"\n"7"\n')

    def contents(self) -> dict[tuple[str, str, str], bytes]:
        """Every content of every object, old ones too."""
        found = {}
        for bucket in (LAKE, MODELS):
            for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for v in page.get("Versions", ()):
                    which = {} if v["VersionId"] == "null" else {"VersionId": v["VersionId"]}
                    body = self.s3.get_object(Bucket=bucket, Key=v["Key"], **which)["Body"].read()
                    found[bucket, v["Key"], v["VersionId"]] = body
        return found

    def traces(self, who: Person) -> list[str]:
        """Where the person's id as a whole value, or address in any writing, still is."""
        return sorted(
            f"{key} {why}" for (_, key, _), body in self.contents().items() for why in _traces(key, body, who)
        )

    def stamps(self, *keys: str) -> dict[str, Any]:
        """When and as which version the objects were written."""
        heads = {k: self.s3.head_object(Bucket=MODELS if k.startswith("runs/") else LAKE, Key=k) for k in keys}
        return {k: (h["LastModified"], h.get("VersionId"), h["ETag"]) for k, h in heads.items()}


def _traces(key: str, body: bytes, who: Person) -> Iterator[str]:
    email = re.compile(re.escape(who.email).replace("@", "(@|%40)").replace("\\@", "(@|%40)"), re.IGNORECASE)
    for name, value in _values(key, body):
        if email.search(value):
            yield f"address in {name}"
        word = re.search(rf"(?<![\w-]){re.escape(who.id)}(?![\w-])", value)
        if word and (not who.id.isdigit() or (name in PERSONS | LISTS and value == who.id)):
            yield f"id in {name}"


def _values(key: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Every value of a file with its name, and what its metadata tell."""
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if body[:4] == b"PAR1":
        file = pq.ParquetFile(io.BytesIO(body))
        for row in file.read().to_pylist():
            yield from _inside("", row)
        for group in range(file.num_row_groups):
            for i in range(file.metadata.num_columns):
                statistics = file.metadata.row_group(group).column(i).statistics
                if statistics is not None and statistics.has_min_max:
                    path = file.metadata.row_group(group).column(i).path_in_schema
                    yield path, str(statistics.min)
                    yield path, str(statistics.max)
        return
    text = body.decode("utf-8", "replace")
    if key.endswith(".csv"):
        for row in csv.DictReader(io.StringIO(text)):
            yield from _inside("", row)
        return
    for piece in [text] if key.endswith(".json") else text.splitlines():
        try:
            yield from _inside("", json.loads(piece))
        except ValueError:
            yield "text", piece
            for quoted in re.findall(r'"customer_id": "([^"]*)"', piece):
                yield "customer_id", quoted


def _inside(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for k, v in value.items():
            yield from _inside(k, v)
    elif isinstance(value, list):
        for v in value:
            yield from _inside(name, v)
    elif name == "rawData":
        for line in base64.b64decode(value).splitlines():
            yield from _inside("", json.loads(line))
    elif isinstance(value, str) and value[:1] in ("{", "["):
        try:
            yield from _inside(name, json.loads(value))
        except ValueError:
            yield name, value
            for quoted in re.findall(r'"customer_id": "([^"]*)"', value):
                yield "customer_id", quoted
    elif value is not None:
        yield name, str(value)
