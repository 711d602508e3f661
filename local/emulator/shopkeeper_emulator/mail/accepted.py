"""One mail that SES accepted."""

import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from functools import cached_property
from typing import Any
from uuid import uuid4


@dataclass(frozen=True)
class Accepted:
    """A mail as it came.

    Attributes:
        source: the sender, as the From header or the call names it.
        recipients: bare addresses.
        configuration_set: name, or nothing where the call named none.
        tags: the caller's own.
        caller: name of the role, or user, that sent it.
        raw: the whole message, headers and body.
    """

    message_id: str
    at: datetime
    source: str
    recipients: tuple[str, ...]
    configuration_set: str | None
    tags: Mapping[str, str]
    caller: str
    raw: bytes

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return parseaddr(self.source)[1]

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Every header, decoded and unfolded."""
        message = BytesParser(policy=email.policy.default).parsebytes(self.raw, headersonly=True)
        return [(name, str(value)) for name, value in message.items()]

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def message_id(now: datetime) -> str:
    """An id of SES's form, unique and rising with time."""
    return f"0100{int(now.timestamp() * 1000):012x}-{uuid4()}-000000"


def accept(request: Mapping[str, Any], caller: str) -> Accepted:
    """The mail that a `SendEmail` call (SES v2, raw or simple) hands over."""
    now = datetime.now(UTC)
    raw = raw_message(request)
    named = [address for group in (request.get("Destination") or {}).values() for address in group or ()]
    headers = BytesParser(policy=email.policy.default).parsebytes(raw, headersonly=True)
    if not named:
        named = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    return Accepted(
        message_id=message_id(now),
        at=now,
        source=request.get("FromEmailAddress") or str(headers.get("From", "")),
        recipients=tuple(address for _, address in getaddresses(named)),
        configuration_set=request.get("ConfigurationSetName"),
        tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or ()},
        caller=caller,
        raw=raw,
    )


def raw_message(request: Mapping[str, Any]) -> bytes:
    """The message of a call as MIME, made from its parts where the call has no raw one."""
    content = request.get("Content") or {}
    if "Raw" in content:
        data = content["Raw"].get("Data") or b""
        return data.encode() if isinstance(data, str) else data
    return _composed(request, content["Simple"]).as_bytes()


def _composed(request: Mapping[str, Any], simple: Mapping[str, Any]) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = request.get("FromEmailAddress", "")
    message["To"] = ", ".join(_listed((request.get("Destination") or {}).get("ToAddresses")))
    message["Subject"] = simple["Subject"]["Data"]
    for header in simple.get("Headers") or ():
        message[header["Name"]] = header["Value"]
    body = simple.get("Body") or {}
    message.set_content((body.get("Text") or {}).get("Data", ""))
    if html := (body.get("Html") or {}).get("Data"):
        message.add_alternative(html, subtype="html")
    return message


def _listed(values: Sequence[str] | None) -> Sequence[str]:
    return values or ()
