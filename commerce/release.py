"""What is live: the release pointer of a family, and which arm a customer sees."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Release(BaseModel):
    """`{champion, challenger, share, since}` of one family; `revision` guards every write.

    `share` of the customers (0 to 1) see the challenger. `previous` is the champion before, for a rollback.
    """

    model_config = ConfigDict(defer_build=True)

    family: str
    champion: str | None = None
    challenger: str | None = None
    share: Annotated[float, Field(ge=0, le=1)] = 0.0
    since: datetime
    previous: str | None = None
    revision: int = 0


def arm(release: Release, entity_id: str) -> str | None:
    """The version an entity sees; always the same one for the same release and share.

    A stable hash (SHA-256, not Python's salted one) of family, challenger and entity gives a number in [0, 1); below
    `share` it is the challenger's. Raising the share keeps everyone who already was in the challenger's arm there.
    """
    if release.challenger is None or release.share <= 0:
        return release.champion
    text = f"{release.family}|{release.challenger}|{entity_id}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
    return release.challenger if number < release.share else release.champion
