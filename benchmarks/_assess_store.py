"""The stores of the assess function in memory, behind the calls that it makes of AWS, so that the real handler runs.

DynamoDB's part knows what the function uses: BatchGetItem, GetItem, and TransactWriteItems with the two conditions that
`functions/common/streams.py` writes. What it costs is a dictionary's time; `spent` adds it up.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError

Item = dict[str, Any]
TABLES = {
    "COUNTERS_TABLE": "counters",
    "SCORES_TABLE": "scores",
    "RELEASES_TABLE": "releases",
    "CAMPAIGNS_TABLE": "campaigns",
    "EVENTS_STREAM": "events",
    "FAMILY_SETTINGS": "{}",
    "POWERTOOLS_METRICS_NAMESPACE": "Shopkeeper",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass
class Store:
    """All of it. `reads` counts BatchGetItem calls of the counters; `lines` keeps what the stream got, if wanted."""

    items: dict[tuple[str, str, str], Item] = field(default_factory=dict)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    keeps_lines: bool = False
    lines: list[bytes] = field(default_factory=list)
    reads: int = 0
    spent: float = 0.0

    def client(self, _service: str, **_options: Any) -> Store:
        """In place of `functions.common.aws.client`."""
        return self

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """As DynamoDB's."""
        with self._timed():
            found: dict[str, list[Item]] = {}
            for table, asked in RequestItems.items():
                self.reads += table == "counters"
                pairs = [(table, *_pair(key)) for key in asked["Keys"]]
                found[table] = [self.items[pair] for pair in pairs if pair in self.items]
            return {"Responses": found, "UnprocessedKeys": {}}

    def get_item(self, *, TableName: str, Key: Item, **_options: Any) -> dict[str, Any]:
        """As DynamoDB's."""
        with self._timed():
            item = self.items.get((TableName, *_pair(Key)))
            return {"Item": item} if item else {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:
        """As DynamoDB's: all of it, or a refusal."""
        with self._timed():
            puts = [action["Put"] for action in TransactItems if "Put" in action]
            if not all(self._holds(put) for put in puts):
                raise ClientError(
                    {"Error": {"Code": "TransactionCanceledException", "Message": ""}}, "TransactWriteItems"
                )
            for put in puts:
                self.items[(put["TableName"], *_pair(put["Item"]))] = put["Item"]
            for update in (action["Update"] for action in TransactItems if "Update" in action):
                pair = (update["TableName"], *_pair(update["Key"]))
                item = self.items.setdefault(pair, dict(update["Key"]))
                item["reviews"] = {"N": str(int(item.get("reviews", {"N": "0"})["N"]) + 1)}

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:  # noqa: ARG002
        """As Firehose's."""
        with self._timed():
            if self.keeps_lines:
                self.lines += [record["Data"] for record in Records]
            return {"FailedPutCount": 0}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        """As S3's."""
        return {"Body": io.BytesIO(self.objects[(Bucket, Key)])}

    def _holds(self, put: dict[str, Any]) -> bool:
        item = self.items.get((put["TableName"], *_pair(put["Item"])))
        wanted = put.get("ExpressionAttributeValues", {}).get(":revision")
        return item is None if wanted is None else item is not None and item["revision"] == wanted

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.spent += time.perf_counter() - begin


@contextmanager
def assessing(store: Store) -> Iterator[Callable[[dict[str, Any], Any], dict[str, Any]]]:
    """The function's `respond`, with the store in AWS's place."""
    from functions.assess import handler, keeping
    from functions.assess import storage as on_aws

    with (
        mock.patch.dict("os.environ", TABLES),
        mock.patch.object(on_aws, "client", store.client),
        mock.patch.object(keeping, "client", store.client),
        mock.patch.object(handler, "storage", on_aws.AwsStorage()),
    ):
        yield handler.respond


def _pair(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key.get("sk", {}).get("S", "")
