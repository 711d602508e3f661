"""Pointers, rows and counters in DynamoDB; answers of endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce.counters import CustomerState
from commerce.family import Family
from functions.common import counters, endpoints, score_rows
from functions.common.aws import client
from functions.common.dynamodb import batch_get
from functions.common.environment import setting
from functions.common.pointers import READ_SECONDS, Pointers
from functions.common.releases import Pointer
from functions.scores.logic import Answers


@dataclass
class AwsStorage:
    """`Storage` on AWS; one object for the life of an execution environment, as it remembers pointers for seconds."""

    _pointers: Pointers = field(default_factory=Pointers)

    def pointers(self, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Release pointers of the families that have one."""
        return self._pointers.read(_dynamodb(), setting("RELEASES_TABLE"), families)

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
