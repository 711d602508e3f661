"""Identify messages of one customer → rows of `customers`, each the full state from its time on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from lake.curate.amounts import flag, instant, text

Event = dict[str, Any]
Row = dict[str, Any]

# Traits with a column of their own, by the names senders use (Segment's reserved traits first).
_EMAIL = ("email",)
_CREATED = ("createdAt", "created_at")
_ZONE = ("timezone", "timeZone", "time_zone")
_CONSENT = ("email_consent", "emailConsent", "marketing_consent", "marketingConsent")
_CHURNED = ("churned",)
_COUNTRY = ("country",)


def derive(customer_id: str, identifies: Iterable[Event], known: list[Row]) -> list[Row]:
    """One row per identify, carrying on what was known before.

    `known` are the customer's rows in the lake; those that no identify made (loaded from a file) count as states of
    their own, so that an identify adds to them rather than hiding them.
    """
    events = sorted(identifies, key=lambda e: (e["timestamp"], e["message_id"]))
    told = {e["timestamp"] for e in events}
    steps: list[tuple[Any, int, Event | Row]] = [(r["updated_at"], 0, r) for r in known if r["updated_at"] not in told]
    steps += [(e["timestamp"], 1, e) for e in events]
    state: Row = {}
    traits: dict[str, Any] = {}
    rows: dict[Any, Row] = {}
    for time, is_event, step in sorted(steps, key=lambda s: s[0]):
        if not is_event:
            state |= {c: v for c, v in step.items() if v is not None and c != "traits"}
            traits |= json.loads(step["traits"]) if step["traits"] else {}
            continue
        columns, rest = _split(step["traits"])
        state |= columns
        traits |= rest
        rows[time] = {
            **state,
            "customer_id": customer_id,
            "updated_at": time,
            "traits": json.dumps(traits, sort_keys=True, ensure_ascii=False) if traits else None,
        }
    return list(rows.values())


def _split(given: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    """Columns that the traits fill, and the traits that have no column."""
    rest = dict(given)
    address = rest.get("address")

    def take(names: tuple[str, ...]) -> Any:
        return next((value for n in names if (value := rest.pop(n, None)) is not None), None)

    columns = {
        "email": text(take(_EMAIL)),
        "created_at": instant(created) if (created := take(_CREATED)) is not None else None,
        "country": text(take(_COUNTRY)) or (text(address.get("country")) if isinstance(address, dict) else None),
        "time_zone": text(take(_ZONE)),
        "email_consent": flag(take(_CONSENT)),
        "churned": flag(take(_CHURNED)),
    }
    return {c: v for c, v in columns.items() if v is not None}, rest
