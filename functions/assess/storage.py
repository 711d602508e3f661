"""States, records, pointers and versions on AWS, each within a time-out of its own.

Reads COUNTERS_TABLE, SCORES_TABLE, RELEASES_TABLE and CAMPAIGNS_TABLE.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from commerce.assessments.portable import Portable
from commerce.family import Family
from commerce.rules.book import LiveRules
from commerce.rules.ruling import Rules as Ruled
from commerce.rules.vocabulary import vocabulary
from functions.assess.logic import Read, Row, Rules
from functions.common import reviews, rules, score_rows, versions
from functions.common.aws import client
from functions.common.dynamodb import batch_get_beside
from functions.common.environment import setting
from functions.common.pointers import Pointers
from functions.common.releases import Pointer
from functions.common.streams import Pair, held

STATE_SECONDS = 0.2
"""How long a decision waits for what is counted before the rules decide alone."""
VERSION_SECONDS = 1.0
"""How long it waits for a version of the model that was not read before."""
RETRY_SECONDS = 5.0
"""How long a version that could not be read is not tried again: not every decision may wait for it."""
RULES_SECONDS = 5.0
"""Rules that go live are seen by every execution environment this soon; where they cannot be read, those known hold for
as long before they are tried again."""
KEPT_VERSIONS = 6
"""Champion and challenger of three families."""


class NotTriedError(Exception):
    """The version could not be read a moment ago."""


@dataclass(frozen=True, slots=True)
class _Live:
    """Rules of a family, ready to be asked, and until when nobody looks for others."""

    version: int | None
    rules: Rules
    until: float


@dataclass
class AwsStorage:
    """`logic.Storage`; one object for the life of an execution environment, as it remembers pointers and versions."""

    clock: Callable[[], float] = time.monotonic
    _pointers: Pointers = field(default_factory=Pointers)
    _versions: OrderedDict[str, Portable] = field(default_factory=OrderedDict)
    _unread: dict[str, float] = field(default_factory=dict)
    """Artifact → when it may be tried again."""
    _rules: dict[str, _Live] = field(default_factory=dict)

    def read(self, family: Family, pairs: Sequence[Pair], row: Row | None, now: datetime) -> Read:
        """In one BatchGetItem: what a customer did a second ago is in it."""
        counter = reviews.counter_key(family.name, now)
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys([*pairs, counter])]
        beside = {setting("SCORES_TABLE"): [score_rows.key(*row)]} if row else {}
        items, rows = batch_get_beside(
            dynamodb(), setting("COUNTERS_TABLE"), wanted, beside, consistent=True, seconds=STATE_SECONDS
        )
        return Read(held(items, now), reviews.count(items, counter), next(iter(rows), None))

    def pointers(self, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Release pointers of the families that have one, remembered for some seconds."""
        return self._pointers.read(dynamodb(), setting("RELEASES_TABLE"), families)

    def version(self, artifact: str) -> Portable:
        """A version, read once. Raises `NotTriedError` for some seconds after it could not be read."""
        found = self._versions.get(artifact)
        if found is None:
            if self.clock() < self._unread.get(artifact, 0.0):
                raise NotTriedError(f"{artifact} could not be read a moment ago")
            try:
                found = versions.portable(client("s3", read_timeout=VERSION_SECONDS, attempts=1), artifact)
            except Exception:
                self._unread[artifact] = self.clock() + RETRY_SECONDS
                raise
            self._versions[artifact] = found
            while len(self._versions) > KEPT_VERSIONS:
                self._versions.popitem(last=False)
        return found

    def rules(self, family: Family) -> Rules:
        """The live rules, else those of the spec; remembered for some seconds, and longer where they cannot be read."""
        known = self._rules.get(family.name)
        if known is None or self.clock() >= known.until:
            try:
                live = rules.live(dynamodb(), setting("CAMPAIGNS_TABLE"), family.name)
            except Exception:
                if known is None:
                    raise
                self._rules[family.name] = replace(known, until=self.clock() + RULES_SECONDS)
                return known.rules
            known = self._rules[family.name] = _read(family, live, known, self.clock() + RULES_SECONDS)
        return known.rules

    def rules_version(self, family: Family) -> int | None:
        """Version of the rules that `rules` gave last; None for those of the spec."""
        known = self._rules.get(family.name)
        return known.version if known else None


def _read(family: Family, live: LiveRules | None, known: _Live | None, until: float) -> _Live:
    """Rules are read into CEL once per version."""
    assessment = family.assessment
    if assessment is None:
        raise ValueError(f"family {family.name} assesses nothing")
    version = live.book.version if live else None
    if known is not None and known.version == version:
        return _Live(version, known.rules, until)
    return _Live(version, Ruled(live.book.rules if live else assessment.rules(), vocabulary(assessment)), until)


def dynamodb() -> Any:
    """What comes late is worth less than a decision without it."""
    return client("dynamodb", read_timeout=STATE_SECONDS, attempts=1)
