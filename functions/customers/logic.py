"""One request at a time for each customer and kind: who asks again finds the one that is there."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Protocol

from commerce.privacy import EXPORT_DAYS, ExportAnswer, Kind, PrivacyRequest
from functions.common.http import ApiError
from functions.common.privacy import Stored
from functions.customers.requests import unknown

ATTEMPTS = 5


class Storage(Protocol):
    """Where requests are kept and worked on."""

    def read(self, request_id: str) -> Stored | None:
        """A request."""
        ...

    def find(self, customer_id: str, kind: Kind) -> Stored | None:
        """The customer's last request of a kind."""
        ...

    def begin(self, request: PrivacyRequest, customer_id: str, before: Stored | None) -> bool:
        """Store a request in place of `before`; False where somebody else was faster."""
        ...

    def start(self, request: PrivacyRequest) -> bool:
        """See that the workflow works on the request; False where it did and is over."""
        ...

    def give_up(self, stored: Stored, now: datetime) -> None:
        """The workflow is over and has not said so: the request failed."""
        ...

    def url(self, request: PrivacyRequest) -> str:
        """Where an export can be fetched for a while."""
        ...


def erase(storage: Storage, customer_id: str, now: datetime) -> PrivacyRequest:
    """The running erasure of the customer, a new one where there is none."""
    return _running(storage, customer_id, "erasure", now)


def export(storage: Storage, customer_id: str, now: datetime) -> ExportAnswer:
    """The export of the last day, with its URL when it is made; a new one where there is none."""
    erasure = storage.find(customer_id, "erasure")
    if erasure is not None and erasure.request.status == "running":
        raise ApiError(409, "being_erased", "the customer is being erased")
    request = _running(storage, customer_id, "export", now)
    url = storage.url(request) if request.status == "done" else None
    return ExportAnswer(**request.model_dump(), url=url)


def status(storage: Storage, request_id: str) -> PrivacyRequest:
    """How far a request is. Raises `ApiError` 404."""
    stored = storage.read(request_id)
    if stored is None:
        raise unknown()
    return stored.request


def _running(storage: Storage, customer_id: str, kind: Kind, now: datetime) -> PrivacyRequest:
    """The request that serves; started again in any case, because who stored it may have died before starting it."""
    for _ in range(ATTEMPTS):
        stored = storage.find(customer_id, kind)
        if stored is not None and _serves(stored.request, now):
            if stored.request.status == "done" or storage.start(stored.request):
                return stored.request
            _settle(storage, stored, now)
            continue
        request = PrivacyRequest(request_id=uuid.uuid4().hex, kind=kind, status="running", requested_at=now)
        if storage.begin(request, customer_id, stored) and storage.start(request):
            return request
    raise ApiError(503, "contended", "others are asking for the same; try again", headers={"Retry-After": "1"})


def _serves(request: PrivacyRequest, now: datetime) -> bool:
    if request.status == "running":
        return True
    fresh = request.ended_at is not None and now - request.ended_at < timedelta(days=EXPORT_DAYS)
    return request.kind == "export" and request.status == "done" and fresh


def _settle(storage: Storage, stored: Stored, now: datetime) -> None:
    """Its execution is over. If it has said so meanwhile, that stands."""
    latest = storage.read(stored.request.request_id)
    if latest is not None and latest.request.status == "running":
        storage.give_up(latest, now)
