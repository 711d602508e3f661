"""Events that are one row of a table each: logins, payments, sessions, labels, decisions, letters, stock counts,
deliveries, supply terms, locations, prices, spend, exposures.

Where several events speak of one row (a payment first pending, then approved; spend corrected), the latest holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from commerce.events.catalog import INTERACTIONS
from commerce.risk_tables import TRAFFIC
from commerce.tables import TABLES
from lake.curate.amounts import instant, money, number, text

Event = dict[str, Any]
"""A row of the `events` table with `properties` and `traits` parsed, times as datetime."""

Row = dict[str, Any]


def _login(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    yield {
        "login_id": text(p.get("login_id")) or e["message_id"],
        "customer_id": e["customer_id"],
        "occurred_at": e["timestamp"],
        "succeeded": bool(p.get("succeeded")),
        **{c: text(p.get(c)) for c in ("failure_reason", "ip", "ip_country", "device_id", "user_agent")},
    }


def _payment(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if (amount := money(p.get("amount"))) is not None and text(p.get("payment_id")):
        yield {
            "payment_id": text(p.get("payment_id")),
            "customer_id": e["customer_id"],
            "occurred_at": e["timestamp"],
            "amount": amount,
            **{c: text(p.get(c)) for c in ("order_id", "currency", "method", "outcome", "product_id", "coupon")},
            **{c: text(p.get(c)) for c in ("card_fingerprint", "card_country", "device_id", "ip", "ip_country")},
            **{c: text(p.get(c)) for c in ("email_domain", "shipping_address", "shipping_country")},
        }


def _session(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if text(p.get("session_id")):
        yield {
            "session_id": text(p.get("session_id")),
            "customer_id": e["customer_id"],
            "anonymous_id": e["anonymous_id"],
            "ended_at": e["timestamp"],
            **{c: text(p.get(c)) for c in ("ip", "user_agent", "device_id")},
            **{c.name: number(p.get(c.name)) for c in TRAFFIC},
        }


def _label(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if isinstance(p.get("fraud"), bool) and all(text(p.get(c)) for c in ("event_type", "event_id", "source")):
        yield {
            "labelled_at": e["timestamp"],
            "fraud": p["fraud"],
            **{c: text(p.get(c)) for c in ("event_type", "event_id", "source")},
        }


def _decision(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    required = ("decision_id", "event_type", "event_id", "family", "source", "outcome")
    if all(text(p.get(c)) for c in required):
        yield {
            "decided_at": e["timestamp"],
            "rules_version": p.get("rules_version"),
            **{c: number(p.get(c)) for c in ("probability", "anomaly")},
            **{c: text(p.get(c)) for c in (*required, "version", "currency")},
            **{c: money(p.get(c)) for c in ("amount", *(f"expected_cost_{o}" for o in ("approve", "review", "block")))},
            **{c: _json(p.get(c)) for c in ("features", "rules", "reasons")},
        }


def _letter(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    yield {
        "message_id": e["message_id"],
        "customer_id": e["customer_id"],
        "occurred_at": e["timestamp"],
        "interaction": INTERACTIONS[e["name"]],
        "channel": "email",
        "letter_id": text(p.get("email_id")),
        "url": text(p.get("link_url")),
        "machine": p.get("machine"),
        **{c: text(p.get(c)) for c in ("campaign_id", "template_id", "reason")},
    }


def _stock(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if (quantity := number(p.get("quantity"))) is not None and text(p.get("product_id")):
        yield {
            "product_id": text(p.get("product_id")),
            "location_id": text(p.get("location_id")) or "*",
            "counted_at": e["timestamp"],
            "quantity": quantity,
            "on_order": number(p.get("on_order")),
        }


def _delivery(_e: Event, p: dict[str, Any]) -> Iterable[Row]:
    ordered, quantity = instant(p.get("ordered_at")), number(p.get("quantity"))
    named = all(text(p.get(c)) for c in ("purchase_order_id", "product_id"))
    if named and ordered is not None and quantity is not None:
        promised = p.get("promised_on")
        yield {
            "purchase_order_id": text(p["purchase_order_id"]),
            "line_id": text(p.get("line_id")) or "1",
            "product_id": text(p["product_id"]),
            "location_id": text(p.get("location_id")) or "*",
            "supplier": text(p.get("supplier")),
            "ordered_at": ordered,
            "promised_on": date.fromisoformat(promised) if promised else None,
            "arrived_at": instant(p.get("arrived_at")),
            "quantity": quantity,
            "arrived": number(p.get("arrived")),
        }


def _terms(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if text(p.get("product_id")):
        yield {
            "product_id": text(p.get("product_id")),
            "supplier": text(p.get("supplier")) or "*",
            "updated_at": e["timestamp"],
            "unit_cost": money(p.get("unit_cost")),
            "currency": text(p.get("currency")),
            **{c: number(p.get(c)) for c in ("pack_size", "min_order", "shelf_life_days")},
        }


def _location(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if text(p.get("location_id")):
        yield {
            "location_id": text(p.get("location_id")),
            "updated_at": e["timestamp"],
            **{c: text(p.get(c)) for c in ("name", "region")},
        }


def _competitor_price(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if (price := money(p.get("price"))) is not None and text(p.get("product_id")) and text(p.get("competitor")):
        yield {
            "product_id": text(p.get("product_id")),
            "seller": text(p.get("competitor")),
            "store_id": "*",
            "valid_from": e["timestamp"],
            "price": price,
            "currency": text(p.get("currency")),
        }


def _spend(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    if (amount := money(p.get("amount"))) is not None and text(p.get("channel")):
        day = p.get("spent_on")
        yield {
            "channel": text(p.get("channel")),
            "campaign_id": text(p.get("campaign_id")) or "*",
            "spent_on": date.fromisoformat(day) if day else e["timestamp"].date(),
            "amount": amount,
            "currency": text(p.get("currency")),
            "impressions": p.get("impressions"),
            "clicks": p.get("clicks"),
        }


def _shown(e: Event, p: dict[str, Any]) -> Iterable[Row]:
    for item in p.get("items", ()):
        yield {
            "exposure_id": text(p.get("exposure_id")),
            "position": item["position"],
            "customer_id": e["customer_id"],
            "anonymous_id": e["anonymous_id"],
            "occurred_at": e["timestamp"],
            "family": text(p.get("family")),
            "version": text(p.get("version")),
            "source": text(item.get("source")) or text(p.get("source")) or "model",
            "item_id": text(item.get("item_id")),
            "score": number(item.get("score")),
            "propensity": number(item.get("propensity")),
            "context": _json(p.get("context")),
        }


def _json(value: Any) -> str | None:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else None


RECORDS: dict[str, tuple[str, Callable[[Event, dict[str, Any]], Iterable[Row]]]] = {
    "Login Attempted": ("logins", _login),
    "Payment Attempted": ("payments", _payment),
    "Session Observed": ("sessions", _session),
    "Label Given": ("labels", _label),
    "Decision Made": ("decisions", _decision),
    "Stock Counted": ("stock", _stock),
    "Delivery Updated": ("deliveries", _delivery),
    "Supply Terms Changed": ("supply_terms", _terms),
    "Location Changed": ("locations", _location),
    "Competitor Price Observed": ("prices", _competitor_price),
    "Marketing Spent": ("spend", _spend),
    "Items Shown": ("exposures", _shown),
    **dict.fromkeys(INTERACTIONS, ("messages", _letter)),
}
"""Event name → table, and the rows an event makes."""


def derive(events: Iterable[Event]) -> tuple[dict[str, list[Row]], list[tuple[Event, str]]]:
    """Rows by table, one per key: the latest event's. Second: events that should make a row and cannot, and why."""
    latest: dict[str, dict[tuple, Row]] = {}
    failed: list[tuple[Event, str]] = []
    for event in sorted(events, key=lambda e: (e["timestamp"], e["message_id"])):
        table, make = RECORDS[event["name"]]
        try:
            rows = list(make(event, event["properties"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            failed.append((event, f"{type(error).__name__}: {error}"))
            continue
        if not rows:
            failed.append((event, "a required property is missing"))
        for row in rows:
            latest.setdefault(table, {})[tuple(row[k] for k in TABLES[table].key)] = row
    return {table: list(rows.values()) for table, rows in latest.items()}, failed
