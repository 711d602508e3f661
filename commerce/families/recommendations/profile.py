"""What the batch job publishes of a customer and of the shop, so that the endpoint keeps nobody in memory."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Owned(NamedTuple):
    """A product that the customer bought before."""

    product_id: str
    probability: float
    """Of buying it again within the horizon."""
    age_days: int
    """Days from its last purchase to the profile's `as_of`."""
    gap_days: float | None
    """Days that usually lie between two purchases of it; None where nothing is known."""


class Fresh(NamedTuple):
    """A product that the customer never bought."""

    product_id: str
    probability: float
    """Of buying it within the horizon."""


class Profile(BaseModel):
    """A customer's candidates, the likeliest first; of the shop as a whole, what sells."""

    model_config = ConfigDict(allow_inf_nan=False)

    as_of: date = Field(description="what happened before this day is what it knows")
    own: list[Owned] = Field(default_factory=list)
    new: list[Fresh] = Field(default_factory=list)
    popular: list[str] = Field(default_factory=list, description="of the shop: what sells, the most first")
