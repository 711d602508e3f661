"""Live rules, ready to be asked, remembered for some seconds, and longer where they cannot be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from commerce.assessments.assessment import Assessment
from commerce.rules.book import LiveRules
from commerce.rules.ruling import Rules
from commerce.rules.vocabulary import vocabulary
from functions.common import rules

LIVE_SECONDS = 10.0
"""Rules that were made live decide everywhere this soon."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A version's rules; those of no version where none is live."""

    rules: Rules
    version: int | None = None


@dataclass
class Live:
    """Those of the families that were asked for; one object for the life of an execution environment."""

    clock: Callable[[], float] = time.monotonic
    _ready: dict[str, tuple[LiveRules | None, Ready]] = field(default_factory=dict)
    _fresh_until: dict[str, float] = field(default_factory=dict)

    def read(self, dynamodb: Any, table: str, family: str, assessment: Assessment) -> Ready:
        """The family's live rules. Raises where they cannot be read and never were."""
        known = self._ready.get(family)
        if known is not None and self.clock() < self._fresh_until[family]:
            return known[1]
        try:
            live = rules.live(dynamodb, table, family)
        except Exception:
            if known is None:
                raise
            live = known[0]
        if known is None or live != known[0]:
            book = live.book if live else None
            ready = Ready(Rules(book.rules if book else (), vocabulary(assessment)), book.version if book else None)
            known = self._ready[family] = (live, ready)
        self._fresh_until[family] = self.clock() + LIVE_SECONDS
        return known[1]
