"""Signed tokens of unsubscribe links: whose letter it was, and until when the link works.

`v1.<claims>.<signature>`: claims are JSON in URL-safe base64, the signature is HMAC-SHA256 over everything before it.
A token says nothing that its reader does not know already: it stands in their own letter.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

VERSION = "v1"
_PURPOSE = b"shopkeeper unsubscribe "
"""Part of what is signed, so that no other use of the secret can make a token."""
MAX_CHARACTERS = 2000


class TokenError(Exception):
    """The token proves nothing. `kind` says whether it was good once."""

    def __init__(self, kind: Literal["expired", "invalid"]) -> None:
        super().__init__(f"the token is {kind}")
        self.kind: Literal["expired", "invalid"] = kind


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token proves."""

    customer_id: str
    campaign_id: str
    letter_id: str
    expires: datetime


def sign(secret: str, customer_id: str, campaign_id: str, letter_id: str, expires: datetime) -> str:
    """A token; `expires` in any zone, kept to the second."""
    claims = {"c": customer_id, "g": campaign_id, "l": letter_id, "e": int(expires.timestamp())}
    signed = f"{VERSION}.{_encode(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{signed}.{_encode(_signature(secret, signed))}"


def verify(secrets: Iterable[str], token: str, now: datetime) -> Claims:
    """What the token proves, signed by any of the secrets. Raises `TokenError`."""
    signed, _, signature = token.rpartition(".")
    version, _, claims = signed.partition(".")
    if len(token) > MAX_CHARACTERS or version != VERSION or not claims:
        raise TokenError("invalid")
    given = _decode(signature)
    # Every secret is tried, whichever matched: the time taken tells nothing.
    if not any([hmac.compare_digest(_signature(secret, signed), given) for secret in secrets]):  # noqa: C419
        raise TokenError("invalid")
    read = json.loads(_decode(claims))
    expires = datetime.fromtimestamp(read["e"], UTC)
    if now >= expires:
        raise TokenError("expired")
    return Claims(read["c"], read["g"], read["l"], expires)


def _signature(secret: str, signed: str) -> bytes:
    return hmac.digest(secret.encode(), _PURPOSE + signed.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Strict: of several texts that mean the same bytes only the one that `_encode` makes is taken."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenError("invalid") from None
    if _encode(data) != text:
        raise TokenError("invalid")
    return data
