"""What another family says of the customer whose event is decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Context:
    """Numbers out of the live answer of a table family about the event's customer, for rules alone.

    Rules ask for `<name>.<field>` of each of `fields`; `read` takes them out of the answer as it is stored. The model
    is not told of them: what was live when an event happened is kept with its decision, and of events from before
    there were decisions, nobody kept it.
    """

    name: str
    family: str
    fields: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], dict[str, float]]

    @property
    def names(self) -> dict[str, str]:
        """Each field by its name in a decision's snapshot, `<name>.<field>`."""
        return {f"{self.name}.{field}": field for field in self.fields}

    def named(self, said: Mapping[str, float]) -> dict[str, float]:
        """What was said, as a decision's snapshot has it."""
        return {name: said[field] for name, field in self.names.items() if field in said}
