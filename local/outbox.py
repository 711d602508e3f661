"""Mail that the stacks sent: kept by the emulator, delivered to nobody."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """One sent mail.

    Attributes:
        raw: everything the emulator kept, as it came.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    raw: dict[str, Any]


def read_outbox(endpoint: str) -> list[Message]:
    """All mail sent through SES since the cloud started, oldest first."""
    with urllib.request.urlopen(f"{endpoint}/_aws/ses", timeout=10) as answer:  # noqa: S310 - the emulator's own page
        found = json.load(answer)["messages"]
    return [
        Message(
            sender=message.get("Source", ""),
            recipients=tuple(a for group in (message.get("Destination") or {}).values() for a in group or ()),
            subject=message.get("Subject") or "",
            raw=message,
        )
        for message in found
    ]
