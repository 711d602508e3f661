"""Erasing a customer and telling them what is held: requests, which take a while, and where they are kept.

In the `campaigns` table:

| pk | sk | what |
|---|---|---|
| `privacy` | `<request id>` | `document`, a `PrivacyRequest`; `customer_id`, `known`, `told` while it is worked on |
| `customer#<id>` | `erasure`, `export` | `request_id` of the customer's last request of that kind |

A request's own document names no customer. What names one is gone when the request is done; an erasure that failed
keeps it, because only with it can another one find what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from commerce import actions, counters, shown
from commerce.families import discover
from commerce.streams.declaration import CUSTOMER_COLUMN
from commerce.streams.observation import digest
from commerce.streams.places import state_key

Kind = Literal["erasure", "export"]
PRIVACY = "privacy"
DOCUMENT, CUSTOMER, KNOWN, TOLD = "document", "customer_id", "known", "told"
"""Attributes of a request's item: `known` is a `Known` as JSON, `told` what the job counted, by place."""
EXPORT_DAYS = 1
"""How long an export can be fetched, and the same request finds it."""
KEPT_DAYS = 400
"""How long a request that ended is kept, as evidence."""

RequestId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Known(BaseModel):
    """What a customer goes by beside their id, found before anything is erased."""

    emails: list[str] = Field(default_factory=list, description="in lower case")
    anonymous_ids: list[str] = Field(default_factory=list, description="visitors that turned out to be the customer")


class PrivacyRequest(BaseModel):
    """Answer of `DELETE /v1/customers/{id}` and `GET /v1/privacy-requests/{request_id}`; names no customer."""

    request_id: str
    kind: Kind
    status: Literal["running", "done", "failed"]
    requested_at: datetime
    ended_at: datetime | None = None
    found: dict[str, int] = Field(default_factory=dict, description="rows, items or objects concerned, by place")
    reason: str = ""


class ExportAnswer(PrivacyRequest):
    """Answer of `GET /v1/customers/{id}/export`: 202 while it is made, 200 when it can be fetched."""

    url: str | None = Field(default=None, description="JSON with everything held; signed, good for an hour")


class Export(BaseModel):
    """The JSON document that an export's URL leads to."""

    customer_id: str
    made_at: datetime
    known: Known
    places: dict[str, list[dict[str, Any]]] = Field(
        description="place → records as they are stored: `lake <table>`, `raw events` that are not in the lake yet, "
        "`rejected events`, `runs` (features and scores), `campaigns`, `letters`, `athena`, and `table <name>`"
    )


def request_key(request_id: str) -> tuple[str, str]:
    """(pk, sk) of a request."""
    return PRIVACY, request_id


def pointer_key(customer_id: str, kind: Kind) -> tuple[str, str]:
    """(pk, sk) of the item that finds a customer's last request of a kind."""
    return f"customer#{customer_id}", kind


def counter_partitions(customer_id: str, known: Known) -> list[str]:
    """Partition keys of everything that the `counters` table holds of a customer and that the customer alone tells.

    What it holds of their payments, logins and sessions is found by these (`lake/privacy/counted.py`).
    """
    visitors = [actions.customer_key(customer_id), *(actions.visitor_key(visitor) for visitor in known.anonymous_ids)]
    keys = [counters.customer_key(customer_id), *visitors, *(shown.key(visitor) for visitor in visitors)]
    keys += [
        state_key(family.assessment.streams, each.entity.name, digest(customer_id))
        for family in discover().values()
        if family.assessment is not None
        for each in family.assessment.streams.features
        if each.entity.columns == (CUSTOMER_COLUMN,)
    ]
    return list(dict.fromkeys(pk for pk, _ in keys))


def export_key(request_id: str) -> str:
    """Key of an export in the lake bucket; it expires there."""
    return f"exports/{request_id}/export.json"


def added(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    """Counts by place, added up."""
    return {place: a.get(place, 0) + b.get(place, 0) for place in sorted({*a, *b})}
