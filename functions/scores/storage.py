"""Pointers, rows and counters in DynamoDB; answers of endpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce.counters import CustomerState
from commerce.family import Family
from functions.common import counters, endpoints, releases, score_rows
from functions.common.aws import client
from functions.common.dynamodb import batch_get
from functions.common.environment import setting
from functions.common.releases import Pointer
from functions.scores.logic import Answers

POINTER_SECONDS = 3.0
"""A release or rollback is seen by every execution environment this soon."""
READ_SECONDS = 1.0
"""How long unprocessed keys are asked for again before the baseline answers."""


@dataclass
class AwsStorage:
    """`Storage` on AWS; pointers are remembered for a few seconds, and longer where they cannot be read."""

    clock: Callable[[], float] = time.monotonic
    _pointers: dict[str, Pointer] = field(default_factory=dict)
    _asked: frozenset[str] = frozenset()
    _fresh_until: float = 0.0

    def pointers(self, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Release pointers of the families that have one."""
        names = frozenset(families)
        if self.clock() >= self._fresh_until or not names <= self._asked:
            names |= self._asked
            keys = [releases.key(name) for name in sorted(names)]
            try:
                items = batch_get(_dynamodb(), setting("RELEASES_TABLE"), keys, seconds=READ_SECONDS)
            except Exception:
                if names <= self._asked:
                    return self._pointers
                raise
            self._pointers = {item["pk"]["S"]: releases.from_item(item) for item in items}
            self._asked, self._fresh_until = names, self.clock() + POINTER_SECONDS
        return self._pointers

    def rows(self, wanted: list[tuple[str, str, str]]) -> Answers:
        """Stored answers by (family, customer, version)."""
        asked = {f"{family}#{customer}": (family, customer) for family, customer, _ in wanted}
        keys = [score_rows.key(family, customer, version) for family, customer, version in wanted]
        items = batch_get(_dynamodb(), setting("SCORES_TABLE"), keys, seconds=READ_SECONDS)
        return {asked[item["pk"]["S"]]: score_rows.answer(item) for item in items}

    def infer(self, family: Family, version: str, artifact: str, customers: list[str]) -> Answers:
        """Answers of the family's endpoint by that version."""
        instances: list[dict[str, Any]] = [{"entity_id": customer} for customer in customers]
        answers = endpoints.invoke(family, version, artifact, instances)
        return {(family.name, customer): answer for customer, answer in zip(customers, answers, strict=True)}

    def states(self, customers: Iterable[str]) -> Mapping[str, CustomerState]:
        """Counters of the customers that have any."""
        return counters.read(_dynamodb(), setting("COUNTERS_TABLE"), customers)


def _dynamodb() -> Any:
    """A model's answer late is worth less than the baseline's at once: short time-outs, one retry."""
    return client("dynamodb", read_timeout=1.0, attempts=2)
