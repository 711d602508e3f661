"""The next release pointer for each action. Pure; an action done already changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from commerce.release import Release
from functions.common.releases import Pointer

Version = Annotated[str, Field(min_length=1, max_length=32)]


class Command(BaseModel):
    """What to do. `check` looks and changes nothing; `share` is for `canary` alone."""

    model_config = ConfigDict(extra="ignore")

    action: Literal["release", "canary", "check", "roll_back"]
    family: str
    version: Version
    share: float = Field(default=0.1, gt=0, lt=1, description="of the customers that see a canary")


class Raised(BaseModel):
    """What CloudWatch says of an alarm that is raised."""

    name: str = Field(validation_alias=AliasPath("alarmData", "alarmName"))

    def family(self, prefix: str) -> str:
        """Of alarms called `<prefix>-<family>-<what>`; no family's name has a hyphen."""
        return self.name.removeprefix(f"{prefix}-").partition("-")[0]


def released(old: Release, version: str, now: datetime) -> Release:
    """The version is everybody's champion; the champion before it is remembered for a rollback."""
    if old.champion == version and old.challenger is None:
        return old
    previous = old.previous if old.champion == version else old.champion
    return _next(old, now, champion=version, challenger=None, share=0.0, previous=previous)


def canary(old: Release, version: str, share: float, now: datetime) -> Release:
    """The version is tried on a share of the customers, unless it is everybody's already."""
    if old.champion == version or (old.challenger, old.share) == (version, share):
        return old
    return _next(old, now, challenger=version, share=share)


def rolled_back(old: Release, version: str, now: datetime) -> Release:
    """The version is not live any more: a challenger is dropped, a champion gives way to the one before it.

    Before the first release there was none: then the baseline answers again. A version that is not live changes
    nothing, so that rolling back twice is rolling back once.
    """
    if old.challenger == version:
        return _next(old, now, challenger=None, share=0.0)
    if old.champion == version:
        return _next(old, now, champion=old.previous, challenger=None, share=0.0, previous=None)
    return old


def without_challenger(old: Release, now: datetime) -> Release:
    """The challenger, whichever it is, is dropped."""
    return old if old.challenger is None else _next(old, now, challenger=None, share=0.0)


def with_artifacts(release: Release, known: dict[str, str]) -> Pointer:
    """The pointer with the artifacts of the versions it names and of no other."""
    named = {release.champion, release.challenger, release.previous}
    return Pointer(release, {version: uri for version, uri in known.items() if version in named})


def _next(old: Release, now: datetime, **changes: object) -> Release:
    return old.model_copy(update={**changes, "since": now, "revision": old.revision + 1})
