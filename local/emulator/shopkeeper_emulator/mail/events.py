"""What became of a mail, in the form in which SES publishes it.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from shopkeeper_emulator.iam.needs import Scope
from shopkeeper_emulator.mail.accepted import Accepted

# Type of an event in the API → in the event itself.
TYPES = {
    "SEND": "Send",
    "DELIVERY": "Delivery",
    "OPEN": "Open",
    "CLICK": "Click",
    "BOUNCE": "Bounce",
    "COMPLAINT": "Complaint",
    "REJECT": "Reject",
    "RENDERING_FAILURE": "Rendering Failure",
    "DELIVERY_DELAY": "DeliveryDelay",
}

# The mailbox simulator: what happens to mail to these names, beside being sent.
# https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
_SIMULATOR = "simulator.amazonses.com"
_HAPPENS = {"bounce": ("BOUNCE",), "suppressionlist": ("BOUNCE",), "complaint": ("DELIVERY", "COMPLAINT")}

_LOCAL_ADDRESS = "127.0.0.1"
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SIMULATED = "Shopkeeper-Simulated/1.0"
"""Ends the user agent of every open and click that nobody made."""


def stamp(at: datetime) -> str:
    """A time as SES writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def after_sending(mail: Accepted) -> list[tuple[str, dict[str, Any]]]:
    """(type, what is particular to it) of everything that happens to a mail by itself, in order."""
    happened: list[tuple[str, dict[str, Any]]] = [("SEND", {})]
    for recipient in mail.recipients:
        name, _, domain = recipient.lower().rpartition("@")
        kinds = _HAPPENS.get(name.split("+")[0], ("DELIVERY",)) if domain == _SIMULATOR else ("DELIVERY",)
        happened += [(kind, particulars(kind, recipient, mail.at, {})) for kind in kinds]
    return happened


def particulars(kind: str, recipient: str, at: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    """What an event of this type says beside the mail. `given`: `link`, `user_agent`, `ip` of an open or a click."""
    when = stamp(at)
    if kind == "DELIVERY":
        return {
            "timestamp": when,
            "processingTimeMillis": 1,
            "recipients": [recipient],
            "smtpResponse": "250 2.6.0 Message received",
            "remoteMtaIp": _LOCAL_ADDRESS,
            "reportingMTA": "mta.local.example",
        }
    if kind == "BOUNCE":
        suppressed = recipient.lower().startswith("suppressionlist")
        return {
            "feedbackId": _feedback_id(at),
            "bounceType": "Permanent",
            "bounceSubType": "Suppressed" if suppressed else "General",
            "bouncedRecipients": [
                {
                    "emailAddress": recipient,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": when,
            "reportingMTA": "dsn; mta.local.example",
        }
    if kind == "COMPLAINT":
        return {
            "feedbackId": _feedback_id(at),
            "complaintSubType": None,
            "complainedRecipients": [{"emailAddress": recipient}],
            "timestamp": when,
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": "abuse",
            "arrivalDate": when,
        }
    if kind in ("OPEN", "CLICK"):
        who = {
            "ipAddress": given.get("ip") or _LOCAL_ADDRESS,
            "timestamp": when,
            "userAgent": given.get("user_agent") or f"{_BROWSER} {SIMULATED}",
        }
        return who | ({"link": given["link"], "linkTags": None} if kind == "CLICK" else {})
    raise ValueError(f"the local cloud makes no events of type {kind}")


def document(mail: Accepted, kind: str, particular: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The whole event."""
    name = TYPES[kind]
    return {"eventType": name, "mail": _mail(mail, scope), name[0].lower() + name[1:]: dict(particular)}


def _mail(mail: Accepted, scope: Scope) -> dict[str, Any]:
    domain = mail.address.rpartition("@")[2]
    return {
        "timestamp": stamp(mail.at),
        "source": mail.source,
        "sourceArn": scope.arn("ses", f"identity/{domain}"),
        "sendingAccountId": scope.account,
        "messageId": mail.message_id,
        "destination": list(mail.recipients),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "commonHeaders": _common(mail),
        "tags": {
            "ses:configuration-set": [mail.configuration_set or ""],
            "ses:source-ip": [_LOCAL_ADDRESS],
            "ses:from-domain": [domain],
            "ses:caller-identity": [mail.caller],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def _common(mail: Accepted) -> dict[str, Any]:
    common: dict[str, Any] = {"from": [mail.header("From") or mail.source]}
    for name in ("Reply-To", "To", "Cc"):
        if value := mail.header(name):
            common[name[0].lower() + name[1:].replace("-", "")] = _addresses([value])
    common["messageId"] = mail.message_id
    if subject := mail.header("Subject"):
        common["subject"] = subject
    return common


def _addresses(values: Sequence[str]) -> list[str]:
    return [f"{name} <{address}>" if name else address for name, address in getaddresses(values)]


def _feedback_id(at: datetime) -> str:
    return f"0100{int(at.timestamp() * 1000):012x}-{uuid4()}-000000"


def link_of(text: str) -> str:
    """The link of a click; raises ``ValueError`` for what is no web address."""
    if urlsplit(text).scheme not in ("http", "https"):
        raise ValueError(f"a click needs a link, not {text!r}")
    return text
