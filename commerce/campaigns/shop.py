"""Who sends, and within which bounds: the shop's settings for letters, as infra hands them to the functions."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Sender(BaseModel):
    """`SHOP` in a function's environment, as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: Annotated[str, Field(pattern=r"^https://\S+$")]
    address: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")] = Field(description="From of letters")
    reply_to: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")] | None = None
    postal_address: Annotated[str, Field(min_length=5, max_length=300)] = Field(description="law asks for it")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    time_zone: str = Field(default="UTC", description="IANA name; of customers whose own is not known")


class Sending(BaseModel):
    """`SENDING` in a function's environment, as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiet_from: Annotated[int, Field(ge=0, le=23)] | None = Field(default=21, description="hour, customer's own time")
    quiet_until: Annotated[int, Field(ge=0, le=23)] = Field(default=8, description="hour, customer's own time")
    cap_letters: Annotated[int, Field(ge=1, le=100)] = Field(default=3, description="letters in `cap_days`, at most")
    cap_days: Annotated[int, Field(ge=1, le=90)] = 7
    per_second: Annotated[float, Field(gt=0, le=10_000)] | None = Field(
        default=None, description="letters a second; the account's own quota where it is left out, never above it"
    )
    doubt_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=900, description="how long the mail service's word on a letter in doubt is waited for"
    )
    measure_delay_seconds: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=900, description="how long events may take to reach the lake: every measurement waits for it"
    )
    token_days: Annotated[int, Field(ge=30, le=3650)] = Field(default=365, description="life of an unsubscribe link")
