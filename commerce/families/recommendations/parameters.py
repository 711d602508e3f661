"""A shop's settings for recommendations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

InMemory = Literal["ease", "cosine", "rp3beta", "graph"]
"""Ways of finding new products on one machine, with all purchases in its memory."""
Retrieval = Literal[InMemory, "cooccurrence"]
"""Those and the one that the lake's own engine takes, which may be many machines."""


class RecommendationsParameters(BaseModel):
    """A shop's settings for recommendations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    horizon_days: Annotated[int, Field(ge=7, le=180)] = Field(
        default=35, description="what customers bought in this many days is what a ranking should have held"
    )
    history_days: Annotated[int, Field(ge=60, le=3650)] = Field(
        default=730, description="purchases, views and baskets of this many days are learned from"
    )
    least_lines: Annotated[int, Field(ge=1, le=100)] = Field(
        default=5, description="a product is recommended by what customers bought once it is on so many order lines"
    )
    dates: Annotated[int, Field(ge=1, le=12)] = Field(
        default=5, description="as-of dates to learn from, one horizon apart, where the history is long enough"
    )
    customers_per_date: Annotated[int, Field(ge=100, le=100_000)] = Field(
        default=1500, description="customers of each as-of date that are learned from, drawn at random"
    )
    own: Annotated[int, Field(ge=5, le=200)] = Field(default=100, description="bought products ranked per customer")
    new: Annotated[int, Field(ge=5, le=300)] = Field(default=150, description="new products ranked per customer")
    popular: Annotated[int, Field(ge=5, le=100)] = Field(
        default=50, description="most bought products that are ranked for everybody"
    )
    retrieval: Retrieval | None = Field(
        default=None,
        description="how new products are found for a customer. When empty, the ways that work in memory are compared "
        "on the shop's own past, except on engine spark: there it is cooccurrence, the engine's own work",
    )
    compared: dict[str, float] = Field(
        default_factory=dict, description="share of bought new products that each way of finding them had; filled in"
    )
