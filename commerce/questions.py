"""Families with a route of their own: what is asked, what is known of whoever asks, and the plain answer.

`POST /v1/<family>` takes one of the route's questions, told apart by their field `question`. The function gives the
family's endpoint an `Instance`; where no model answers, the route's `baseline` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from commerce.actions import Action
from commerce.scores import EntityId, Score

SHOP = "#shop"
"""Entity under which the batch job publishes what holds for the whole shop."""


class Question(BaseModel):
    """Base of every question. Whoever asks may be known, a visitor, or nobody in particular."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    customer_id: EntityId | None = Field(default=None, description="the shop's id of the customer")
    anonymous_id: EntityId | None = Field(default=None, description="the visitor's id, as events carry it")

    @property
    def visitor(self) -> str | None:
        """Who always sees one arm of a release: the customer, else the visitor."""
        return self.customer_id or self.anonymous_id


class Instance(BaseModel):
    """What the endpoint gets to answer one question."""

    question: dict[str, Any] = Field(description="the question as it was asked")
    as_of: date = Field(description="today, UTC")
    profile: dict[str, Any] | None = Field(default=None, description="what the batch job published of the customer")
    actions: list[Action] = Field(default_factory=list, description="latest actions, oldest first")
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="of everything that is left to chance")


@dataclass(frozen=True, slots=True)
class Known:
    """What the function knows without a model: latest actions, and the published profiles of customer and shop."""

    actions: list[Action] = field(default_factory=list)
    profile: BaseModel | None = None
    shop: BaseModel | None = None


Plain = Callable[[Any, Known, datetime, BaseModel], Score]
"""(question, what is known, now, the shop's parameters) → the plain answer when there is no model's."""


@dataclass(frozen=True)
class Route:
    """`POST /v1/<family>`. `profile` is the shape of what the batch job publishes per entity and for `SHOP`."""

    summary: str
    questions: tuple[type[Question], ...]
    baseline: Plain
    profile: type[BaseModel]
