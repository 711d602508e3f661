"""Lines to a Firehose stream, whole or not at all as far as the caller is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.common.backoff import pause

RECORD_BYTES = 200_000
"""Lines are packed together: Firehose bills every record as a multiple of 5 KB, and takes up to 1,000 KiB."""
BATCH_RECORDS = 500
BATCH_BYTES = 4 * 1024 * 1024
"""Quotas of PutRecordBatch (https://docs.aws.amazon.com/firehose/latest/dev/limits.html)."""
ATTEMPTS = 4


class NotDeliveredError(Exception):
    """Some lines could not be delivered; sending the same ones again is safe (messageId makes them one)."""


def put(firehose: Any, stream: str, lines: Iterable[bytes], *, attempts: int = ATTEMPTS) -> None:
    """Deliver every line. Raises `NotDeliveredError` where some still fail after the last attempt."""
    for batch in _batches(_records(lines)):
        _deliver(firehose, stream, batch, attempts)


def _deliver(firehose: Any, stream: str, records: list[bytes], attempts: int) -> None:
    """PutRecordBatch may refuse single records: only those are sent again."""
    code = ""
    for attempt in range(attempts):
        if attempt:
            pause(attempt)
        try:
            response = firehose.put_record_batch(
                DeliveryStreamName=stream, Records=[{"Data": record} for record in records]
            )
        except (ClientError, BotoCoreError) as error:
            raise NotDeliveredError(f"{stream}: {error}") from error
        if not response["FailedPutCount"]:
            return
        results = response["RequestResponses"]
        code = next((r["ErrorCode"] for r in results if "ErrorCode" in r), code)
        records = [record for record, result in zip(records, results, strict=True) if "ErrorCode" in result]
    raise NotDeliveredError(f"{stream}: {len(records)} records refused after {attempts} attempts, last with {code}")


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > RECORD_BYTES:
            yield b"".join(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield b"".join(held)


def _batches(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    held: list[bytes] = []
    size = 0
    for record in records:
        if held and (len(held) == BATCH_RECORDS or size + len(record) > BATCH_BYTES):
            yield held
            held, size = [], 0
        held.append(record)
        size += len(record)
    if held:
        yield held
