"""The two jobs: erase a customer from the buckets, and export what is held of them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from commerce.privacy import added
from lake.privacy import writers
from lake.privacy.counted import ChangingError, CountedEvents, UnreadError
from lake.privacy.erase import LeftError, erase
from lake.privacy.export import TableNames, export
from lake.privacy.gather import gather, with_events
from lake.privacy.request import Request
from lake.privacy.settings import Settings
from lake.privacy.subject import Subject

Say = Callable[[str], None]


class PrivacyError(Exception):
    """A job that failed; the message names objects and places, never a customer."""


def erase_customer(settings: Settings, say: Say) -> None:
    """Erase the request's customer from lake and models bucket. Raises `PrivacyError`."""
    with _silent():
        request = Request(settings.campaigns_table, settings.request)
        if request.customer_id is None:
            say("this request is done already")
            return
        buckets = settings.buckets()
        known = gather(buckets, request.customer_id, request.known, say)
        request.know(known)
        subject = Subject(request.customer_id, frozenset(known.emails), frozenset(known.anonymous_ids))
        subject = with_events(buckets, subject)
        # What the lake tells of events leads to what is counted of them, so that goes first; and again afterwards, as
        # events are told and decided on meanwhile.
        counted = CountedEvents(settings.counters_table, subject)
        request.tell(_counters(counted))
        found = erase(buckets, subject, say, lambda: writers.wait(settings.environment, say))
        request.tell(added(found, _counters(counted)))


def export_customer(settings: Settings, target: Path, say: Say) -> None:
    """Write everything held of the request's customer to `target`. Raises `PrivacyError`."""
    with _silent():
        request = Request(settings.campaigns_table, settings.request)
        if request.customer_id is None:
            raise PrivacyError("the customer was erased meanwhile")
        buckets = settings.buckets()
        known = gather(buckets, request.customer_id, request.known, say)
        tables = TableNames(settings.letters_table, settings.counters_table, settings.scores_table)
        found = export(target, buckets, tables, request.customer_id, known, datetime.now(UTC), say)
        request.tell(found)


def _counters(counted: CountedEvents) -> dict[str, int]:
    count = counted.erase()
    return {"table counters": count} if count else {}


@contextmanager
def _silent() -> Iterator[None]:
    """Errors without their messages, which may quote a customer's data: logs and the workflow's history get them."""
    try:
        yield
    except (PrivacyError, LeftError, TimeoutError, UnreadError, ChangingError) as error:
        raise PrivacyError(str(error)) from None
    except Exception as error:  # noqa: BLE001 (whatever it is, its message must not be told)
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        raise PrivacyError(f"{type(error).__name__} in {place}") from None
