"""What another family says of the customer whose event is decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Context:
    """Numbers out of the live answer of a table family about the event's customer, for rules alone.

    Rules ask for `<name>.<field>` of each of `fields`; `read` takes them out of the answer as it is stored. The model
    is not told of them: nobody keeps what was live when a past event happened, so it could not learn from them.
    """

    name: str
    family: str
    fields: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], dict[str, float]]

    def named(self, said: Mapping[str, float]) -> dict[str, float]:
        """What was said, as a decision's snapshot has it: `<name>.<field>`."""
        return {f"{self.name}.{field}": value for field, value in said.items()}
