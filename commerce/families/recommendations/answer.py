"""What is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.questions import Shown
from commerce.scores import Score

Origin = Literal[
    "bought", "affinity", "session", "together", "viewed", "content", "due", "trending", "popular", "given"
]


class Item(BaseModel):
    """One product of an answer."""

    model_config = ConfigDict(allow_inf_nan=False)

    product_id: str
    position: int = Field(ge=1, description="1 is the first")
    name: str | None = Field(default=None, description="as the catalogue has it")
    score: float = Field(description="what it was ranked by; comparable within one answer only")
    reason: str = Field(description="why, in words a shopper understands")
    origin: Origin = Field(description="which of the model's sources found it")
    choice: Literal["ranked", "pinned", "explored"] = Field(default="ranked", description="how it came to its place")
    propensity: float = Field(default=1.0, gt=0, le=1, description="probability of this product at this place")
    due_on: date | None = Field(default=None, description="when the customer's next purchase of it is due")


class Recommendations(Score):
    """Answer of the recommendations family. Fewer products than asked for are possible; `note` says why."""

    family: str = "recommendations"
    question: str
    items: list[Item]
    note: str | None = None


def shows(answer: Mapping[str, Any]) -> list[Shown]:
    """The products of an answer, as JSON has it."""
    return [
        Shown(item["product_id"], item["position"], item["score"], item["propensity"], item["choice"] == "explored")
        for item in answer["items"]
    ]
