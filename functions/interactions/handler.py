"""Takes batches of the mail service's events from the queue. Every event may come again, and in any order.

First what must take effect at once (addresses and customers not to be written to), then the ledger, then the lake, and
last that the event was seen: only who has marked a letter may say that later ones were heard of (`deliver.doubt`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.common import firehose, ledger, telemetry
from functions.common.aws import client
from functions.common.dynamodb import IncompleteError
from functions.common.environment import setting
from functions.common.ledger import LetterRow
from functions.interactions.logic import line, suppressed
from functions.interactions.records import SesEvent, read

log = telemetry.logger("interactions")
metrics = telemetry.metrics("interactions")

_TRANSIENT = (ClientError, BotoCoreError, IncompleteError, firehose.NotDeliveredError)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function: `{"Records": [...]}` of the queue → those that have to come again."""
    failed: set[str] = set()
    events: dict[str, SesEvent] = {}
    for record in event["Records"]:
        try:
            read_ = read(record["body"])
        except ValueError as error:
            # After some attempts it lies among the dead letters, where a person can look at it.
            log.error("not an event of the mail service", error=type(error).__name__)
            failed.add(record["messageId"])
            continue
        if read_ is not None:
            events[record["messageId"]] = read_
    try:
        failed |= take(events, datetime.now(UTC))
    except _TRANSIENT as error:
        log.warning("not taken", error=type(error).__name__, events=len(events))
        failed |= set(events)
    metrics.add_metric("MailEvents", MetricUnit.Count, len(events))
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in sorted(failed)]}


def take(events: dict[str, SesEvent], now: datetime) -> set[str]:
    """Do what the events mean, by the ids of their messages; gives those that failed."""
    dynamodb, table = client("dynamodb"), setting("LETTERS_TABLE")
    rows = ledger.read_by_id(dynamodb, table, filter(None, (e.mail.tag("letter") for e in events.values())))
    failed: set[str] = set()
    # Deliveries first: whether an open came too fast for a person goes by them.
    for id_, event in sorted(events.items(), key=lambda pair: pair[1].event_type != "Delivery"):
        row = rows.get(event.mail.tag("letter"))
        try:
            _bar(dynamodb, table, event, row)
            if row is not None:
                rows[row.letter_id] = _mark(dynamodb, table, event, row)
        except (ClientError, BotoCoreError) as error:
            log.warning("not marked", error=type(error).__name__, type=event.event_type)
            failed.add(id_)
    lines: list[bytes] = []
    for id_, event in events.items():
        row = rows.get(event.mail.tag("letter"))
        if row is None or id_ in failed:
            continue
        try:
            made = line(event, row, now)
        except ValueError as error:
            log.error("not a row of the lake", error=type(error).__name__, type=event.event_type)
            failed.add(id_)
        else:
            lines += [made] if made else []
    if lines:
        firehose.put(client("firehose"), setting("EVENTS_STREAM"), lines)
    if events and not failed:
        ledger.saw_event(dynamodb, table, max(event.mail.timestamp for event in events.values()))
    return failed


def _bar(dynamodb: Any, table: str, event: SesEvent, row: LetterRow | None) -> None:
    """Who must not be written to any more; also for mails that are no campaign's, such as tests."""
    reason: ledger.Suppression = "complained" if event.complaint else "bounced"
    for address in suppressed(event):
        ledger.suppress(dynamodb, table, address, reason, event.at)
        metrics.add_metric("SuppressedAddresses", MetricUnit.Count, 1)
    if event.complaint and row is not None:
        ledger.complain(dynamodb, table, row.customer_id, event.at)


def _mark(dynamodb: Any, table: str, event: SesEvent, row: LetterRow) -> LetterRow:
    """The letter as it is after the event. That there is one says that the mail service had it."""
    if row.state != "sent":
        ledger.mark_sent(dynamodb, table, row, event.mail.message_id, event.mail.timestamp)
        row = replace(row, state="sent", sent_at=event.mail.timestamp, ses_message_id=event.mail.message_id)
    elif row.ses_message_id != event.mail.message_id and event.event_type == "Send":
        # Must never happen; if it ever does, it must be known.
        metrics.add_metric("LettersSentTwice", MetricUnit.Count, 1)
        log.error("a letter was sent twice", campaign_id=row.campaign_id)
    if event.delivery is not None and row.delivered_at is None:
        ledger.mark_delivered(dynamodb, table, row, event.delivery.timestamp)
        row = replace(row, delivered_at=event.delivery.timestamp)
    return row
