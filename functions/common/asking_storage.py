"""Pointers, profiles and actions in DynamoDB, and the endpoints of models: what `asking` needs, on AWS.

A function that asks reads SCORES_TABLE, RELEASES_TABLE, COUNTERS_TABLE, ENDPOINT_PREFIX and FAMILY_SETTINGS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from commerce.family import Family
from functions.common import endpoints, lately, score_rows, shown
from functions.common.asking import Version
from functions.common.aws import client
from functions.common.dynamodb import batch_get
from functions.common.environment import setting
from functions.common.lately import Lately
from functions.common.pointers import READ_SECONDS, Pointers
from functions.common.releases import Pointer
from functions.common.shown import Memory


@dataclass
class AwsStorage:
    """`asking.Storage`; one object for the life of an execution environment, as it remembers pointers for a while.

    `seconds` is how long one call of an endpoint may take.
    """

    seconds: float = endpoints.BUDGET_SECONDS
    _pointers: Pointers = field(default_factory=Pointers)

    def pointer(self, family: str) -> Pointer | None:
        """The family's release pointer."""
        return self._pointers.read(_dynamodb(), setting("RELEASES_TABLE"), [family]).get(family)

    def profiles(self, family: str, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], dict[str, Any]]:
        """What the batch job published, by (entity, version)."""
        entities = {f"{family}#{entity}": entity for entity, _ in wanted}
        keys = [score_rows.key(family, entity, version) for entity, version in wanted]
        items = batch_get(_dynamodb(), setting("SCORES_TABLE"), keys, seconds=READ_SECONDS)
        return {(entities[item["pk"]["S"]], item["sk"]["S"]): score_rows.answer(item) for item in items}

    def lately(self, keys: Iterable[tuple[str, str]]) -> Lately:
        """Latest actions, and what was shown lately."""
        return lately.read(_dynamodb(), setting("COUNTERS_TABLE"), keys, seconds=READ_SECONDS)

    def remember(self, key: tuple[str, str], memory: Memory, forget: Sequence[str]) -> None:
        """Add a memory, once and briefly: the answer waits for it."""
        shown.add(
            client("dynamodb", read_timeout=shown.SECONDS, attempts=1), setting("COUNTERS_TABLE"), key, memory, forget
        )

    def respond(self, family: Family, version: Version, instances: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Answers of the family's endpoint by that version."""
        return endpoints.invoke(family, version.name, version.artifact, instances, seconds=self.seconds)


def _dynamodb() -> Any:
    """What comes late is worth less than an answer without it: short time-outs, one retry."""
    return client("dynamodb", read_timeout=1.0, attempts=2)
