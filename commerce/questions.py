"""Families with a route of their own: what is asked, what is known of whoever asks, and the plain answer.

`POST /v1/<family>` takes one of the route's questions, told apart by their field `question`. The function gives the
family's endpoint an `Instance`; where no model answers, the route's `baseline` does. What is answered is an `Answered`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, field_validator

from commerce.actions import Action
from commerce.scores import EntityId, Score

SHOP = "#shop"
"""Entity under which the batch job publishes what holds for the whole shop."""


class Question(BaseModel):
    """Base of every question. Whoever asks may be known, a visitor, or nobody in particular."""

    # Of a route's questions a cold start pays for those that are asked; the score routes, for none.
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, defer_build=True)

    customer_id: EntityId | None = Field(default=None, description="the shop's id of the customer")
    anonymous_id: EntityId | None = Field(default=None, description="the visitor's id, as events carry it")

    @field_validator("customer_id")
    @classmethod
    def _is_a_customer(cls, value: str | None) -> str | None:
        if value == SHOP:
            raise ValueError(f"{SHOP} stands for the shop as a whole")
        return value

    @property
    def visitor(self) -> str | None:
        """Who always sees one arm of a release: the customer, else the visitor."""
        return self.customer_id or self.anonymous_id

    @property
    def remembers_shown(self) -> bool:
        """Whether what the answer shows is remembered of its visitor, and the next such answer leaves it out."""
        return False


class Answered(BaseModel):
    """Answer of `POST /v1/<family>`."""

    model_config = ConfigDict(defer_build=True)

    exposure_id: str = Field(description="of what is shown; send it with what comes of it, such as clicks")
    generated_at: datetime
    answer: dict[str, Any] = Field(description="in the shape of the family's spec")


class Instance(BaseModel):
    """What the endpoint gets to answer one question."""

    model_config = ConfigDict(defer_build=True)

    question: dict[str, Any] = Field(description="the question as it was asked")
    as_of: date = Field(description="today, UTC")
    profile: dict[str, Any] | None = Field(default=None, description="what the batch job published of the customer")
    actions: list[Action] = Field(default_factory=list, description="latest actions, oldest first")
    shown: list[str] = Field(default_factory=list, description="items shown lately, which are not to be shown again")
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="of everything that is left to chance")


@dataclass(frozen=True, slots=True)
class Known:
    """What the function knows without a model: latest actions, the published profiles of customer and shop, and the
    items shown lately, which are not to be shown again."""

    actions: list[Action] = field(default_factory=list)
    profile: BaseModel | None = None
    shop: BaseModel | None = None
    shown: list[str] = field(default_factory=list)


Plain = Callable[[Any, Known, datetime, BaseModel], Score]
"""(question, what is known, now, the shop's parameters) → the plain answer when there is no model's."""


class Shown(NamedTuple):
    """One item that an answer shows, as the exposures keep it."""

    item_id: str
    position: int
    score: float | None
    propensity: float | None
    explored: bool
    """Whether chance gave it its place."""


Shows = Callable[[Mapping[str, Any]], list[Shown]]
"""(answer in the shape of the spec, as JSON has it) → what it shows, the first position first."""

LetterQuestion = Callable[[str, int], Question]
"""(customer's id, most items wanted) → what a letter to the customer asks."""


@dataclass(frozen=True)
class Route:
    """`POST /v1/<family>`. `profile` is the shape of what the batch job publishes per entity and for `SHOP`.

    With `shows`, what each answer shows is kept as exposures.
    With `letter`, the family fills `recommendations` in letters: the `items` of the answer to that question, each with
    `product_id`, `name` and `reason`.
    """

    summary: str
    questions: tuple[type[Question], ...]
    baseline: Plain
    profile: type[BaseModel]
    letter: LetterQuestion | None = None
    shows: Shows | None = None

    def __post_init__(self) -> None:
        if len(self.kinds) != len(self.questions):
            raise ValueError("two questions of a route have the same `question`")

    @property
    def kinds(self) -> dict[str, type[Question]]:
        """The questions by what their field `question` says. Raises `TypeError` where it is not one constant."""
        found: dict[str, type[Question]] = {}
        for model in self.questions:
            field = model.model_fields.get("question")
            values = get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()
            if len(values) != 1:
                raise TypeError(f"{model.__name__} needs a field `question`, a Literal of one text")
            found[values[0]] = model
        return found
