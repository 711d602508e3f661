"""What an event means: for the ledger, and for the lake. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json

from commerce.events import lake_row, parse
from functions.common.ledger import LetterRow
from functions.interactions.machines import machine
from functions.interactions.records import SesEvent

NAMES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Open": "Email Opened",
    "Click": "Email Link Clicked",
    "Bounce": "Email Bounced",
    "Complaint": "Email Marked as Spam",
    "Reject": "Email Bounced",
}
"""Types that the lake keeps, and what they are called there. Delays and the like end in one of them."""
_MAX_LINK = 1000


def line(event: SesEvent, row: LetterRow, received_at: datetime) -> bytes | None:
    """The event's line of the events stream; None for a type that the lake does not keep.

    `row` is as it is after the event was seen: its delivery counts if it is known by then. The id is of what happened,
    so that an event that comes twice is kept once.
    """
    if event.event_type not in NAMES:
        return None
    message = {
        "type": "track",
        "messageId": identity(event),
        "userId": row.customer_id,
        "event": NAMES[event.event_type],
        "timestamp": event.at.isoformat(),
        "properties": {
            "email_id": row.letter_id,
            "campaign_id": row.campaign_id,
            "template_id": row.template_id,
            **_particular(event, row),
        },
    }
    return to_json(lake_row(parse(message, received_at=received_at))) + b"\n"


def identity(event: SesEvent) -> str:
    """The same for the same event of the same mail."""
    link = event.click.link if event.click else ""
    parts = (event.mail.message_id, event.event_type, event.at.isoformat(), link)
    return "ses-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def suppressed(event: SesEvent) -> list[str]:
    """Addresses that must not be written to any more."""
    if event.bounce and event.bounce.bounce_type == "Permanent":
        return [recipient.email_address for recipient in event.bounce.bounced_recipients]
    if event.complaint:
        # Some providers leave out who complained; a letter has one receiver.
        return [recipient.email_address for recipient in event.complaint.complained_recipients] or (
            event.mail.destination[:1]
        )
    return []


def _particular(event: SesEvent, row: LetterRow) -> dict[str, Any]:
    if opened := event.open or event.click:
        arrived = row.delivered_at or event.mail.timestamp
        said: dict[str, Any] = {"machine": machine(opened.user_agent, opened.timestamp, arrived)}
        return said | ({"link_url": _without_token(event.click.link)} if event.click else {})
    if event.bounce:
        kinds = (event.bounce.bounce_type, event.bounce.bounce_sub_type)
        return {"reason": " ".join(kind.lower() for kind in kinds if kind)}
    if event.complaint:
        return {"reason": event.complaint.complaint_feedback_type or "complaint"}
    if event.reject:
        # Our own mistake: no reason not to write to the address again (`campaigns.audience.reach`).
        return {"reason": f"undetermined: rejected, {event.reject.reason}"}
    return {}


def _without_token(link: str) -> str:
    """The link as the lake keeps it: an unsubscribe link's token would let whoever reads it there use it."""
    if "token=" in link:
        link = urlsplit(link)._replace(query="", fragment="").geturl()
    return link[:_MAX_LINK]
