"""What the audience step found, before anything is sent: `audience.json`."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Detectable(BaseModel):
    """The smallest effect that the campaign would show with a chance of `power`, two-sided at `alpha`.

    From the customers' own behaviour in the window before, of the same length, adjusted as the measurement will be.
    """

    metric: str
    base: float = Field(description="share who convert, or revenue per customer, in the window before")
    absolute: float
    relative: float | None = Field(default=None, description="absolute / base; null where base is 0")
    power: float = 0.8
    alpha: float = 0.05


class AudienceFacts(BaseModel):
    """How many are meant, how many can be written to, and why the others cannot."""

    model_config = ConfigDict(allow_inf_nan=False)

    as_of: date
    known: int = Field(description="customers of the lake before the as-of date")
    matching: int = Field(description="for whom the condition holds")
    unsure: int = Field(default=0, description="for whom a value that the condition asks for is not known; left out")
    eligible: int = Field(description="of those matching, who have an address, consented and are not suppressed")
    left_out: dict[str, int] = Field(default_factory=dict, description="matching but not eligible, by reason")
    arms: dict[str, int] = Field(default_factory=dict, description="customers by arm, the holdout among them")
    detectable: list[Detectable] = Field(default_factory=list)
    sample: list[str] = Field(default_factory=list, description="ids of up to ten eligible customers")
    notes: list[str] = Field(default_factory=list)


class Member(BaseModel):
    """One customer of the audience: a line of `letters/…/part-*.jsonl`. Personal; expires soon after sending."""

    customer_id: str
    arm: str
    email: str
    time_zone: str | None = None
    country: str | None = None
    traits: dict[str, Any] = Field(default_factory=dict, description="of the customers table, first_name among them")
    scores: dict[str, dict[str, Any]] = Field(default_factory=dict, description="family → answer of the live version")


class Part(BaseModel):
    """One file of members of one run, an item of `manifest.json`. Holdout members are in no file."""

    number: int
    key: str = Field(description="key in the lake bucket")
    rows: int
