"""Firehose delivery to S3 as AWS does it: buffered, and under the configured prefix.

LocalEmu writes an object for each call, appends its own date path to any prefix, and knows no expressions in it.
Expressions: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
"""

import base64
import gzip
import logging
import re
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from localemu.aws.connect import connect_to
from localemu.services.firehose.provider import FirehoseProvider
from localemu.utils.aws.arns import s3_bucket_name
from localemu.utils.aws.client_types import ServicePrincipal

_LOG = logging.getLogger(__name__)
_MAX_SECONDS = 1.0  # the buffering interval counts at most this long here, so that nobody waits for a minute
_MAX_BYTES = 4 << 20
_RETRIES = 5

_EXPRESSION = re.compile(r"!\{(?P<namespace>[a-z]+):(?P<value>[^}]+)\}")
_DEFAULT_DATE_PATH = "%Y/%m/%d/%H/"
# Letters of Java's DateTimeFormatter that date prefixes are made of.
_JAVA_DATE = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def object_prefix(prefix: str, now: datetime) -> str:
    """The prefix for objects delivered at that time (UTC), with its expressions evaluated.

    Raises:
        ValueError: an expression that is not supported here.
    """

    def evaluate(match: re.Match[str]) -> str:
        if match["namespace"] == "timestamp":
            return re.sub("|".join(_JAVA_DATE), lambda m: now.strftime(_JAVA_DATE[m[0]]), match["value"])
        if match["namespace"] == "firehose" and match["value"] == "random-string":
            return uuid.uuid4().hex[:11]
        raise ValueError(f"expression {match[0]} in a Firehose prefix is not supported by the local cloud")

    if "!{timestamp:" not in prefix:
        prefix += now.strftime(_DEFAULT_DATE_PATH)
    return _EXPRESSION.sub(evaluate, prefix)


class _Buffer:
    """Records of one stream on their way to one destination; flushed by time or size, in order."""

    def __init__(self, stream: str, destination: dict[str, Any]) -> None:
        self._stream = stream
        self._destination = destination
        hints = destination.get("BufferingHints") or {}
        self._seconds = min(float(hints.get("IntervalInSeconds", _MAX_SECONDS)), _MAX_SECONDS)
        self._data = bytearray()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        threading.Thread(target=self._run, name=f"firehose-{stream}", daemon=True).start()

    def add(self, data: bytes) -> None:
        """Take records; returns at once, as PutRecord does."""
        with self._lock:
            self._data += data
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            if len(self._data) < _MAX_BYTES:
                time.sleep(self._seconds)
            with self._lock:
                data, self._data = bytes(self._data), bytearray()
                self._wake.clear()
            if data:
                self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        for attempt in range(_RETRIES):
            try:
                self._put(data)
                return
            except Exception as error:  # noqa: BLE001 - delivery is retried whatever the reason, as in AWS
                _LOG.warning("delivery stream %s: %s", self._stream, error)
                time.sleep(2**attempt)
        _LOG.error("delivery stream %s: %d bytes could not be delivered", self._stream, len(data))

    def _put(self, data: bytes) -> None:
        now = datetime.now(UTC)
        destination = self._destination
        compressed = destination.get("CompressionFormat") == "GZIP"
        extension = destination.get("FileExtension") or (".gz" if compressed else "")
        name = f"{self._stream}-1-{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"
        factory = connect_to.with_assumed_role(
            role_arn=destination["RoleARN"], service_principal=ServicePrincipal.firehose
        )
        factory.s3.put_object(
            Bucket=s3_bucket_name(destination["BucketARN"]),
            Key=object_prefix(destination.get("Prefix") or "", now) + name,
            Body=gzip.compress(data) if compressed else data,
        )


_buffers: dict[tuple[str, str, str], _Buffer] = {}
_buffers_lock = threading.Lock()


def _buffer(stream: str, destination: dict[str, Any]) -> _Buffer:
    key = (stream, destination["BucketARN"], destination.get("Prefix") or "")
    with _buffers_lock:
        if key not in _buffers:
            _buffers[key] = _Buffer(stream, destination)
        return _buffers[key]


def _put_records_to_s3_bucket(
    _provider: FirehoseProvider, stream_name: str, records: list[dict], s3_destination_description: dict[str, Any]
) -> None:
    data = b"".join(base64.b64decode(r.get("Data") or r.get("data") or b"") for r in records)
    _buffer(stream_name, s3_destination_description).add(data)


def install() -> None:
    """Deliver through buffers."""
    FirehoseProvider._put_records_to_s3_bucket = _put_records_to_s3_bucket
