"""What the review routes take and give, and where the queue keeps a decision."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from commerce.assessments.answer import Assessed
from commerce.streams.observation import digest

OPEN, DONE = "open", "done"


class Verdict(BaseModel):
    """Body of `POST /v1/reviews/{family}/{event}`: what somebody found out. It becomes the event's label."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    fraud: bool
    reviewer: Annotated[str, Field(min_length=1, max_length=100)]
    note: Annotated[str, Field(max_length=500)] = ""


class Given(Verdict):
    """A verdict, and when it was given."""

    at: AwareDatetime


class Review(BaseModel):
    """A decision in the queue."""

    model_config = ConfigDict(defer_build=True)

    decision: Assessed
    amount: float
    verdict: Given | None = Field(default=None, description="null while it is open")


class Reviews(BaseModel):
    """Answer of `GET /v1/reviews/{family}`: the oldest first."""

    model_config = ConfigDict(defer_build=True)

    reviews: list[Review]
    next: str | None = Field(default=None, description="ask with it for the next page; null where there is none")


def key(answer: Assessed, state: str = OPEN) -> tuple[str, str]:
    """(pk, sk) of a decision in the queue, in the `counters` table."""
    return f"reviews#{answer.family}", f"{state}#{answer.decided_at.isoformat()}#{digest(answer.event_id)}"
