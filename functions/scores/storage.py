"""Pointers, rows and counters in DynamoDB; answers of endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce.family import Entity, Family, State
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
        """Stored answers by (family, entity's id, version)."""
        asked = {f"{family}#{id_}": (family, id_) for family, id_, _ in wanted}
        keys = [score_rows.key(family, id_, version) for family, id_, version in wanted]
        items = batch_get(_dynamodb(), setting("SCORES_TABLE"), keys, seconds=READ_SECONDS)
        return {asked[item["pk"]["S"]]: score_rows.answer(item) for item in items}

    def infer(self, family: Family, version: str, artifact: str, ids: list[str]) -> Answers:
        """Answers of the family's endpoint by that version."""
        instances: list[dict[str, Any]] = [{"entity_id": id_} for id_ in ids]
        answers = endpoints.invoke(family, version, artifact, instances)
        return {(family.name, id_): answer for id_, answer in zip(ids, answers, strict=True)}

    def states(self, entity: Entity, ids: Iterable[str]) -> Mapping[str, State]:
        """Counters of the customers, or of the products, that have any."""
        read = counters.sales if entity == "product" else counters.read
        return read(_dynamodb(), setting("COUNTERS_TABLE"), ids)


def _dynamodb() -> Any:
    """A model's answer late is worth less than the baseline's at once: short time-outs, one retry."""
    return client("dynamodb", read_timeout=1.0, attempts=2)
