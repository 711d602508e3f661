"""Event destinations of configuration sets, which moto does not keep, and publishing to their topics."""

import json
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from localemu.aws.connect import connect_to

_LOG = logging.getLogger(__name__)
_SUBJECT = "Amazon SES Email Event Notification"
_TEST = "Successfully validated SNS topic for Amazon SES event publishing."
# SNS's limits for one batch.
_BATCH = 10
_BATCH_BYTES = 250_000

_destinations: dict[tuple[str, str], dict[str, Any]] = {}
"""(configuration set, name) → destination as the API takes it."""
_waiting: queue.Queue[tuple[str, str]] = queue.Queue()
_started = threading.Event()
_lock = threading.Lock()


def put(configuration_set: str, name: str, destination: Mapping[str, Any]) -> None:
    """Create or replace a destination; its topic gets SES's word that it was looked at."""
    topic = (destination.get("SnsDestination") or {}).get("TopicArn")
    if topic:
        _sns(topic).publish(TopicArn=topic, Message=_TEST)
    _destinations[configuration_set, name] = dict(destination)


def delete(configuration_set: str, name: str) -> bool:
    """Whether there was one."""
    return _destinations.pop((configuration_set, name), None) is not None


def of(configuration_set: str) -> list[dict[str, Any]]:
    """Destinations of a configuration set, each with its name."""
    kept = list(_destinations.items())
    return [{"Name": name, **found} for (owner, name), found in kept if owner == configuration_set]


def publish(configuration_set: str | None, kind: str, event: Mapping[str, Any]) -> int:
    """Send an event to every topic that wants its type; returns to how many. Comes back before they have it."""
    if not configuration_set:
        return 0
    topics = [
        found["SnsDestination"]["TopicArn"]
        for found in of(configuration_set)
        if found.get("Enabled") and kind in found.get("MatchingEventTypes", ()) and found.get("SnsDestination")
    ]
    text = json.dumps(event)
    for topic in topics:
        _waiting.put((topic, text))
    if topics:
        _start()
    return len(topics)


def _start() -> None:
    with _lock:
        if not _started.is_set():
            threading.Thread(target=_run, name="mail-events", daemon=True).start()
            _started.set()


def _run() -> None:
    """Publish what waits, as much at once as SNS takes."""
    kept: tuple[str, str] | None = None
    while True:
        topic, text = kept or _waiting.get()
        kept, batch, size = None, [text], len(text)
        while len(batch) < _BATCH:
            try:
                following = _waiting.get_nowait()
            except queue.Empty:
                break
            if following[0] != topic or size + len(following[1]) > _BATCH_BYTES:
                kept = following
                break
            batch.append(following[1])
            size += len(following[1])
        _send(topic, batch)


def _send(topic: str, batch: Sequence[str]) -> None:
    entries = [{"Id": str(i), "Subject": _SUBJECT, "Message": text} for i, text in enumerate(batch)]
    try:
        _sns(topic).publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    except Exception as error:  # noqa: BLE001 - events are lost where their topic is, as in AWS
        _LOG.warning("mail events for %s: %s", topic, error)


def _sns(topic: str) -> Any:
    _, _, _, region, account, _ = topic.split(":")
    return connect_to(region_name=region, aws_access_key_id=account).sns
