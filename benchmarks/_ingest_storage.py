"""Stand-ins for the AWS services behind ingest: what is measured is the function, not the network."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from commerce.actions import ACTIONS, DAYS
from functions.common.actions import Told, instant, to_item
from functions.ingest import handler as ingest

ENVIRONMENT = {
    "KEYS_TABLE": "keys",
    "COUNTERS_TABLE": "counters",
    "EVENTS_STREAM": "events",
    "REJECTED_STREAM": "rejected",
    "AWS_DEFAULT_REGION": "us-east-1",
}
ACTIONS_EACH = 10
"""Latest actions of each visitor."""


class Tables:
    """DynamoDB that knows every write key, has counted nothing, and holds the latest actions of every visitor."""

    def __init__(self) -> None:
        at = instant(datetime.now(UTC) - timedelta(days=DAYS - 1))
        told = [Told(at, f"{number:032x}", "viewed", ["42"]) for number in range(ACTIONS_EACH)]
        self._latest = to_item(("", ""), told, 1)

    def get_item(self, **_: object) -> dict[str, Any]:
        """A write key."""
        return {"Item": {"enabled": {"BOOL": True}, "source": {"S": "benchmark"}}}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        """No counters; actions of whoever they are asked of."""
        return {
            "Responses": {
                table: [self._latest | key for key in asked["Keys"] if key["sk"]["S"] == ACTIONS]
                for table, asked in RequestItems.items()
            }
        }

    def put_item(self, **_: object) -> dict[str, Any]:
        """Written."""
        return {}

    def transact_write_items(self, **_: object) -> dict[str, Any]:
        """Written."""
        return {}


class Stream:
    """Firehose that delivers at once: every record becomes a file below `folder`, whole or not at all.

    `dies_after` kills this process after so many more records: in the middle of a call, as a real one may end.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.dies_after: int | None = None

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        """Deliver the records one by one."""
        for record in Records:
            if self.dies_after == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.folder is not None:
                self._deliver(self.folder / DeliveryStreamName, record["Data"])
            if self.dies_after is not None:
                self.dies_after -= 1
        return {"FailedPutCount": 0, "RequestResponses": [{} for _ in Records]}

    def _deliver(self, folder: Path, data: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{os.urandom(8).hex()}"
        part.write_bytes(data)
        part.rename(folder / f"{part.name[1:]}.jsonl")


@contextmanager
def stubbed(stream: Stream) -> Iterator[None]:
    """The handler, with these instead of AWS."""
    clients = {"dynamodb": Tables(), "firehose": stream}
    ingest.keys.cache_clear()
    with patch.dict(os.environ, ENVIRONMENT), patch.object(ingest, "client", lambda service, **_: clients[service]):
        yield
    ingest.keys.cache_clear()
