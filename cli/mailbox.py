"""The laptop cloud's outbox: mail that was sent and reached nobody, and what its readers are said to have done with it.

AWS has no such thing: there mail is delivered, and readers do as they like.
"""

from __future__ import annotations

import email.policy
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from itertools import batched
from typing import Any, Literal

from cli.environment import EnvironmentAbsentError

_TIMEOUT_SECONDS = 60
_API = re.compile(r"https://(?P<api>[a-z0-9]+)\.execute-api\.[^/\s]+/(?P<stage>[\w-]+)")
_AT_ONCE = 500


@dataclass(frozen=True)
class Mail:
    """One mail. `source` is the whole message, empty where the outbox was read without bodies."""

    id: str
    at: datetime
    to: str
    tags: dict[str, str]
    source: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(self.source)

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message.get("Subject", ""))

    @property
    def html(self) -> str:
        """The HTML part; empty where there is none."""
        part = self.message.get_body(("html",))
        return "" if part is None else part.get_content()


@dataclass(frozen=True)
class Reaction:
    """What somebody is said to have done with a mail."""

    mail_id: str
    type: Literal["open", "click"]
    at: datetime
    link: str | None = None


def mails(url: str, *, bodies: bool = True) -> Iterator[Mail]:
    """All mail of the outbox at `url`, oldest first; without `bodies`, only who got it and when."""
    following: int | None = 0
    while following is not None:
        page = _get(url, after=following, bodies=int(bodies))
        yield from map(_mail, page["messages"])
        following = page["next"]


def mail(url: str, id_: str) -> Mail:
    """One mail, whole. LookupError where there is none of that id."""
    found = _get(url, id=id_)["messages"]
    if not found:
        raise LookupError(f"the outbox has no mail {id_}")
    return _mail(found[0])


def followable(html: str, url: str) -> str:
    """A letter with links that this machine answers, where it holds the API's address in AWS; `url` is the outbox's."""
    return _API.sub(lambda m: f"{url.removesuffix('/ses')}/execute-api/{m['api']}/{m['stage']}", html)


def react(url: str, reactions: Iterable[Reaction]) -> None:
    """Say what readers did. The events go the way of real ones; the emulator marks their programs as simulated."""
    for some in batched(reactions, _AT_ONCE):
        body = [{"message_id": r.mail_id, "type": r.type, "at": r.at.isoformat(), "link": r.link} for r in some]
        _ask(urllib.request.Request(f"{url}/events", json.dumps(body).encode(), {"Content-Type": "application/json"}))  # noqa: S310


def _get(url: str, **parameters: Any) -> dict[str, Any]:
    return _ask(urllib.request.Request(f"{url}?{urllib.parse.urlencode(parameters)}"))  # noqa: S310


def _ask(request: urllib.request.Request) -> dict[str, Any]:
    """Only the laptop cloud's own page is asked."""
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.URLError as error:
        raise EnvironmentAbsentError(f"the outbox at {request.full_url} cannot be read: {error.reason}") from None


def _mail(kept: dict[str, Any]) -> Mail:
    return Mail(
        id=kept["Id"],
        at=datetime.fromisoformat(kept["Timestamp"]),
        to=", ".join(kept["Destination"]["ToAddresses"]),
        tags=kept["Tags"],
        source=kept["RawData"].encode("latin-1"),
    )
