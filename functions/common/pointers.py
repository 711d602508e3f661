"""Release pointers, remembered for a few seconds, and longer where they cannot be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.common import releases
from functions.common.dynamodb import batch_get
from functions.common.releases import Pointer

POINTER_SECONDS = 3.0
"""A release or rollback is seen by every execution environment this soon."""
READ_SECONDS = 1.0
"""How long unprocessed keys are asked for again before the baseline answers."""


@dataclass
class Pointers:
    """Those that were asked for; one object for the life of an execution environment."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[str, Pointer] = field(default_factory=dict)
    _asked: frozenset[str] = frozenset()
    _fresh_until: float = 0.0

    def read(self, dynamodb: Any, table: str, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Pointers of the families that have one. Raises where one cannot be read and was never read before."""
        names = frozenset(families)
        if self.clock() >= self._fresh_until or not names <= self._asked:
            names |= self._asked
            keys = [releases.key(name) for name in sorted(names)]
            try:
                items = batch_get(dynamodb, table, keys, seconds=READ_SECONDS)
            except Exception:
                if not names <= self._asked:
                    raise
                # Not every answer may wait for a table that does not.
                self._fresh_until = self.clock() + POINTER_SECONDS
                return self._known
            self._known = {item["pk"]["S"]: releases.from_item(item) for item in items}
            self._asked, self._fresh_until = names, self.clock() + POINTER_SECONDS
        return self._known
