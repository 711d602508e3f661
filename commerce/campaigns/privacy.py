"""Erasing a customer and telling them what is held: requests, which take a while, and their states."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class PrivacyRequest(BaseModel):
    """Answer of `DELETE /v1/customers/{id}` and `GET /v1/privacy-requests/{request_id}`; names no customer."""

    request_id: str
    kind: Literal["erasure", "export"]
    status: Literal["running", "done", "failed"]
    requested_at: datetime
    ended_at: datetime | None = None
    found: dict[str, int] = Field(default_factory=dict, description="rows or objects concerned, by place")
    reason: str = ""


class ExportAnswer(PrivacyRequest):
    """Answer of `GET /v1/customers/{id}/export`: 202 while it is made, 200 when it can be fetched."""

    url: str | None = Field(default=None, description="JSON with everything held; signed, good for an hour")
