"""Mail that the stacks sent: kept by the emulator, delivered to nobody."""

import email.policy
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

# API Gateway's address, which has no name that this machine could resolve.
_API = re.compile(r"https://(?P<api>[a-z0-9]+)\.execute-api\.[^/\s]+/(?P<stage>[\w-]+)")


@dataclass(frozen=True)
class Message:
    """One sent mail. What is in the message itself is decoded when it is asked for.

    Attributes:
        id: SES's message id, as the sender got it.
        at: when it was sent, in UTC.
        sender: as the From header, or the call, names it.
        recipients: bare addresses.
        tags: the sender's own, such as those by which events are told apart.
        endpoint: of the cloud that sent it. Links to its API are shown as this machine answers them; in `source`
            they are as on AWS.
        raw: everything the emulator kept, as it came.
    """

    id: str
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    tags: dict[str, str]
    configuration_set: str | None
    endpoint: str
    raw: dict[str, Any]

    @property
    def source(self) -> bytes:
        """The whole message, headers and body; empty where it was read without."""
        return self.raw["RawData"].encode("latin-1")

    @cached_property
    def _parsed(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(self.source)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Name and value of every header, decoded and unfolded."""
        return [(name, self._followable(str(value))) for name, value in self._parsed.items()]

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        value = self._parsed.get(name)
        return None if value is None else self._followable(str(value))

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return self.header("Subject") or ""

    @cached_property
    def text(self) -> str:
        """The plain-text part; empty where there is none."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part; empty where there is none."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self._parsed.get_body((kind,))
        return "" if part is None else self._followable(part.get_content())

    def _followable(self, text: str) -> str:
        return _API.sub(lambda m: f"{self.endpoint}/_aws/execute-api/{m['api']}/{m['stage']}", text)


def read_outbox(endpoint: str, *, bodies: bool = True) -> list[Message]:
    """All mail sent through SES since the cloud started, oldest first.

    Without `bodies`, only what is known without the message itself, which is much less of many.
    """
    return list(iterate_outbox(endpoint, bodies=bodies))


def iterate_outbox(endpoint: str, *, bodies: bool = True, after: int = 0) -> Iterator[Message]:
    """The same one by one, from the mail after the first `after`; nobody has to hold a campaign's letters at once."""
    following: int | None = after
    while following is not None:
        page = _get(endpoint, after=following, bodies=int(bodies))
        yield from (_message(kept, endpoint) for kept in page["messages"])
        following = page["next"]


def find_message(endpoint: str, id_: str) -> Message | None:
    """The mail with SES's id `id_`."""
    found = _get(endpoint, id=id_)["messages"]
    return _message(found[0], endpoint) if found else None


def _get(endpoint: str, **parameters: Any) -> dict[str, Any]:
    with urllib.request.urlopen(f"{endpoint}/_aws/ses?{urlencode(parameters)}", timeout=60) as answer:  # noqa: S310 - the emulator's own page
        return json.load(answer)


def _message(kept: dict[str, Any], endpoint: str) -> Message:
    return Message(
        id=kept["Id"],
        at=datetime.fromisoformat(kept["Timestamp"]),
        sender=kept["Source"],
        recipients=tuple(kept["Destination"]["ToAddresses"]),
        tags=kept["Tags"],
        configuration_set=kept["ConfigurationSet"],
        endpoint=endpoint,
        raw=kept,
    )
