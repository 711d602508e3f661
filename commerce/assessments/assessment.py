"""What a spec says of the events that its family assesses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commerce.assessments.context import Context
from commerce.scores import EntityId
from commerce.streams import Event, Streams

Variables = dict[str, float | None]
"""Inputs of the model by name."""


class EventQuestion(BaseModel):
    """Base of what `POST /v1/<family>:assess` takes: an event as it is known before it is let through."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, defer_build=True)

    event_id: EntityId = Field(description="the shop's id of the event; asked twice, the same decision is given")
    customer_id: EntityId | None = Field(default=None, description="the shop's id of the customer")
    occurred_at: AwareDatetime | None = Field(default=None, description="when; now, where it is left out")


@dataclass(frozen=True)
class Assessment:
    """`POST /v1/<family>:assess`.

    `counted` gives an event as streams count it, from a question or from the properties of the tracked event `tracked`,
    whose names are the question's; `variables` the event's own inputs of the model, called `names`; `amount` what is at
    stake. `facts` are those of its fields that a history keeps, on which rules are tried: none that names a person.
    `streams` are its features of the past, `words` what inputs are called in reasons (with `{value}`), `rules` gives
    those (`commerce.rules.book.Rule`) that hold until a shop has its own; `context` is what another family says of the
    customer, for rules.
    """

    event_type: str
    summary: str
    question: type[EventQuestion]
    tracked: str
    id_property: str
    streams: Streams
    counted: Callable[[str, datetime, Mapping[str, Any]], Event]
    variables: Callable[[datetime, Mapping[str, Any]], Variables]
    names: tuple[str, ...]
    facts: tuple[str, ...]
    amount: Callable[[Mapping[str, Any], BaseModel], float]
    words: Mapping[str, str]
    rules: Callable[[], Sequence[Any]] = tuple
    context: Context | None = None

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Inputs of the model: the event's own variables, then those of its past."""
        return (*self.names, *self.streams.names)

    def asked(
        self,
        fields: Mapping[str, Any],
        values: Mapping[str, float | None],
        said: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[str, dict[str, Any]]:
        """What rules may ask for (`commerce.rules.vocabulary`): `event`, its fields; `past`, the model's inputs; and,
        under its own name, what the context `said`. What is not known is left out."""
        past = {name: values.get(name) for name in self.features}
        known = {
            "event": {name: value for name, value in fields.items() if value is not None},
            "past": {name: value for name, value in past.items() if value is not None},
        }
        return known | {self.context.name: dict(said)} if self.context is not None and said else known
