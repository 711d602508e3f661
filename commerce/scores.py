"""What the routes of the API that read answers take and give, and how an answer is stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_ID = 255
EntityId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]


class Reason(BaseModel):
    """Why a score is what it is, in words a person understands, with its additive contribution."""

    # Here and below: a function's cold start pays for those schemas that it uses.
    model_config = ConfigDict(defer_build=True)

    text: str
    contribution: float = Field(description="in the model's own additive unit (log-odds for a probability)")


class Score(BaseModel):
    """Base of every family's answer; the family's spec adds its own fields."""

    model_config = ConfigDict(allow_inf_nan=False, defer_build=True)

    family: str
    source: Literal["model", "cold_start", "baseline"] = Field(
        description="the released model; the model of one it knows nothing of; or the family's plain baseline"
    )
    version: str | None = Field(default=None, description="version of the model; null for the baseline")
    as_of: date = Field(description="what happened before this day is what the score knows")
    reasons: list[Reason] = Field(default_factory=list)

    def rows(self) -> list[dict[str, Any]]:
        """The family's own part as a table for people: a row's cells by column. One row, where a family says no more.

        Cells are text, dates, numbers or None.
        """
        own = self.model_dump(exclude=set(Score.model_fields))
        return [{name: value for name, value in own.items() if isinstance(value, str | int | float | date)}]


class StoredScore(BaseModel):
    """One line of `scores/part-*.jsonl`: what the batch job writes and the publish step stores."""

    model_config = ConfigDict(defer_build=True)

    entity_id: EntityId
    answer: dict[str, Any]


class Chunk(BaseModel):
    """One file of scores, an item of `scores/manifest.json`."""

    model_config = ConfigDict(defer_build=True)

    key: str = Field(description="name beside the manifest, such as part-00000.jsonl")
    rows: Annotated[int, Field(ge=0)]


class BatchGetRequest(BaseModel):
    """Body of `POST /v1/scores:batchGet`."""

    model_config = ConfigDict(
        defer_build=True, extra="forbid", json_schema_extra={"examples": [{"customer_ids": ["1", "2"]}]}
    )

    customer_ids: Annotated[list[EntityId], Field(min_length=1, max_length=100)]
    families: Annotated[list[str], Field(min_length=1, max_length=20)] | None = Field(
        default=None, description="all families of customers, where it is left out"
    )


class CustomerScores(BaseModel):
    """Answer of `GET /v1/customers/{id}/scores`."""

    model_config = ConfigDict(defer_build=True)

    customer_id: str
    generated_at: datetime
    scores: dict[str, dict[str, Any]] = Field(description="family → answer, in the shape of the family's spec")


class ProductAnswer(BaseModel):
    """Answer of `GET /v1/<collection>/{product}`."""

    model_config = ConfigDict(defer_build=True)

    product_id: str
    generated_at: datetime
    answer: dict[str, Any] = Field(description="in the shape of the family's spec")


class BatchGetResponse(BaseModel):
    """Answer of `POST /v1/scores:batchGet`, in the order asked, each customer once."""

    model_config = ConfigDict(defer_build=True)

    results: list[CustomerScores]


class ErrorDetail(BaseModel):
    model_config = ConfigDict(defer_build=True)

    code: str
    message: str


class ErrorResponse(BaseModel):
    """The one shape of every error of the API."""

    model_config = ConfigDict(defer_build=True)

    error: ErrorDetail
