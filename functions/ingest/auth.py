"""Write keys: who may send events, and which. Only the key's SHA-256 is stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from functions.common.http import ApiError, header

KNOWN_SECONDS = 60.0
UNKNOWN_SECONDS = 5.0
"""A key just created must work soon, so a miss is remembered for less long than a hit."""
MAX_CACHED = 1000


class Sender(NamedTuple):
    """Who sends: the source that a write key belongs to, and whether it is a server, which keeps its key to itself."""

    source: str
    server: bool = False


Lookup = Callable[[str], Sender | None]
"""SHA-256 of a write key, in hex → whose it is, or None where it is unknown or disabled."""


@dataclass
class Keys:
    """Looks up write keys and remembers what it found for a while."""

    lookup: Lookup
    clock: Callable[[], float] = time.monotonic
    _cache: dict[str, tuple[float, Sender | None]] = field(default_factory=dict)

    def sender(self, event: Mapping[str, Any], body_key: str | None) -> Sender:
        """Who is sending: by basic auth's user, or by the body's `writeKey` (browsers' sendBeacon cannot
        set headers). Raises `ApiError` 401."""
        key = _basic_user(header(event, "authorization")) or body_key
        if not key:
            raise _unauthorized("send the write key as the user of basic authentication, with an empty password")
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        sender = self._cached(digest)
        if sender is None:
            raise _unauthorized("this write key is unknown or disabled")
        return sender

    def _cached(self, digest: str) -> Sender | None:
        now = self.clock()
        known = self._cache.get(digest)
        if known is not None and now < known[0]:
            return known[1]
        sender = self.lookup(digest)
        if len(self._cache) >= MAX_CACHED:
            self._cache.clear()
        self._cache[digest] = (now + (UNKNOWN_SECONDS if sender is None else KNOWN_SECONDS), sender)
        return sender


def _basic_user(authorization: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, _ = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return user or None


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, "unauthorized", message, headers={"WWW-Authenticate": 'Basic realm="write key"'})
