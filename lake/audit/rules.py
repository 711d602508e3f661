"""Rules that rows must keep to be believed, by table: values out of range, signs, sums, unknown words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import ibis

from commerce.readiness import Check, Finding
from commerce.risk_tables import EVENT_IDS, TRAFFIC
from lake.schema import declared


@dataclass(frozen=True)
class Rule:
    """`breaks` gives for each row of an Ibis table whether it breaks the rule; nulls keep it.

    Ibis knows a column's type when the query is built, a type checker does not: hence Any.
    """

    column: str
    breaks: Callable[[Any], Any]
    what: str
    advice: str
    check: Check = "implausible"
    tolerated: float = 0.0
    """Share of rows from which on it is a warning; below, a hint."""

    def finding(self, table: str, count: int, rows: int) -> Finding:
        """The finding for `count` of `rows` rows."""
        share = count / rows
        severity: Literal["warning", "info"] = "warning" if share > self.tolerated else "info"
        message = f"{table}.{self.column}: {count:,} of {rows:,} rows {self.what}"
        return Finding(
            severity=severity,
            check=self.check,
            table=table,
            column=self.column,
            count=count,
            share=round(share, 6),
            message=message,
            advice=self.advice,
        )


_EARLIEST = date(1990, 1, 1)
_WORDS = {
    ("orders", "status"): ("completed", "cancelled", "refunded"),
    ("order_lines", "kind"): ("sale", "return"),
    ("messages", "interaction"): (
        "sent",
        "delivered",
        "opened",
        "clicked",
        "bounced",
        "complained",
        "unsubscribed",
    ),
    ("exposures", "source"): ("model", "cold_start", "baseline", "exploration"),
    ("labels", "event_type"): tuple(EVENT_IDS),
    ("decisions", "event_type"): tuple(EVENT_IDS),
    ("decisions", "source"): ("model", "cold_start", "rules"),
    ("decisions", "outcome"): ("approve", "review", "block"),
}
_NOT_NEGATIVE = {
    "order_lines": ("unit_price",),
    "products": ("price", "cost"),
    "prices": ("price",),
    "spend": ("amount", "impressions", "clicks"),
    "stock": ("on_order",),
    "deliveries": ("quantity", "arrived"),
    "supply_terms": ("unit_cost", "pack_size", "min_order", "shelf_life_days"),
    "payments": ("amount",),
    "sessions": tuple(c.name for c in TRAFFIC),
}
_SHARES = {
    ("promotions", "discount"),
    ("exposures", "propensity"),
    ("decisions", "probability"),
    ("decisions", "anomaly"),
} | {("sessions", c.name) for c in TRAFFIC if c.unit == "share"}
_COUNTRIES = {
    "payments": ("card_country", "ip_country", "shipping_country"),
    "logins": ("ip_country",),
}


def implausible(table: str, as_of: date) -> list[Rule]:
    """Rules of `table`; times are compared with the years since 1990 and `as_of`."""
    rules = [_too_early(table), *(_negative(name) for name in _NOT_NEGATIVE.get(table, ()))]
    for (of, name), words in _WORDS.items():
        if of == table:
            rules.append(
                Rule(
                    name,
                    lambda t, c=name, w=words: t[c].notin(w),
                    f"hold none of {', '.join(words)}",
                    "map the shop's words to these",
                    "invalid",
                )
            )
    for of, name in sorted(_SHARES):
        if of == table:
            rules.append(
                Rule(
                    name,
                    lambda t, c=name: (t[c] < 0) | (t[c] > 1),
                    "are outside 0 to 1",
                    "give a share, not a percentage",
                )
            )
    rules += [_no_country(name) for name in _COUNTRIES.get(table, ())]
    rules += _OF_TABLE.get(table, [])
    rules += [_created_later(as_of)] if table == "customers" else []
    return rules


def _negative(column: str) -> Rule:
    return Rule(column, lambda t: t[column] < 0, "are negative", "check the export's sign", tolerated=0.001)


def _no_country(column: str) -> Rule:
    return Rule(
        column,
        lambda t: ~t[column].re_search("^[A-Z]{2}$"),
        "hold no country code",
        "give ISO 3166-1 alpha-2 in capitals, such as DE",
        "invalid",
    )


def _too_early(table: str) -> Rule:
    time = declared(table).time
    return Rule(
        time,
        lambda t: t[time].cast("date") < ibis.date(_EARLIEST.isoformat()),
        f"are dated before {_EARLIEST.year}",
        "a missing date often becomes 1970 or 1900 in exports: leave such rows out",
    )


def _created_later(as_of: date) -> Rule:
    return Rule(
        "created_at",
        lambda t: (t.created_at.cast("date") >= ibis.date(as_of.isoformat())) & (t.updated_at < t.created_at),
        "say today what happens only after the as-of date",
        "date customer rows by when they became known",
        "leaking",
    )


_OF_TABLE: dict[str, list[Rule]] = {
    "orders": [
        Rule(
            "total",
            lambda t: (t.status == "completed") & ((t.total < 0) | (t.shipping < 0) | (t.tax < 0)),
            "are completed orders with a negative total, shipping or tax",
            "give returns as orders with status refunded or cancelled",
            tolerated=0.001,
        ),
    ],
    "order_lines": [
        Rule(
            "quantity",
            lambda t: ((t.kind == "sale") & (t.quantity < 0)) | ((t.kind == "return") & (t.quantity > 0)),
            "have a quantity whose sign contradicts their kind",
            "sales are positive, returns negative",
        ),
        Rule(
            "quantity",
            lambda t: t.quantity.abs() > 1_000_000,
            "have a quantity above a million",
            "probably typing errors or another unit: correct them or leave them out",
        ),
        Rule(
            "total",
            lambda t: (
                (t.total.cast("float64") - t.quantity * t.unit_price.cast("float64") + t.discount.cast("float64")).abs()
                > 0.01 + 0.01 * t.total.cast("float64").abs() + 0.0001 * t.quantity.abs()
            ),
            "have a total that is not quantity × unit_price − discount",
            "check which of the amounts include tax or discounts",
            tolerated=0.01,
        ),
    ],
    "promotions": [
        Rule("ends_on", lambda t: t.ends_on < t.starts_on, "end before they start", "check the columns' order"),
    ],
    "locations": [
        Rule(
            "location_id",
            lambda t: t.location_id == "*",
            "are of the whole shop, which lies in no region",
            "give a row for each store or warehouse",
        ),
    ],
    "payments": [
        Rule(
            "labelled_at",
            lambda t: t.labelled_at < t.occurred_at,
            "were labelled before they happened",
            "check the columns' order",
        ),
        Rule(
            "email_domain",
            lambda t: (t.email_domain != t.email_domain.lower()) | t.email_domain.contains("@"),
            "hold no domain in lower case",
            "give what comes after the @, in lower case, as the tracking API keeps it",
            "invalid",
        ),
    ],
    "events": [
        Rule(
            "received_at",
            lambda t: t.received_at.cast("date") < t.timestamp.cast("date"),
            "were received before they happened",
            "check the senders' clocks",
            tolerated=0.01,
        ),
    ],
}
