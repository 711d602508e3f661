"""Payments of the lake as events: the batch form of `commerce.families.fraud.payment`."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from commerce.families.fraud.payment import FACTS, UNITS
from training.assessing.known import labelled
from training.assessing.rows import AT_STAKE
from training.contract import Source
from training.streaming.columns import micros, network

COLUMNS = (
    "customer_id",
    "card_fingerprint",
    "device_id",
    "ip",
    "email_domain",
    "shipping_address",
    "product_id",
)


def events(source: Source) -> ibis.Table:
    """One row per payment, with its label where one is known."""
    payments = source.table("payments")
    amount = payments["amount"].cast("float64")
    units = (amount * UNITS).round().cast("int64")
    at = payments["occurred_at"]
    found = payments.select(
        *COLUMNS,
        *(name for name in FACTS if name not in COLUMNS),
        event_id=payments["payment_id"],
        at=micros(at),
        network=network(payments["ip"]),
        amount=units,
        payment_amount=units / UNITS,
        log_amount=ibis.cases((units > -UNITS, ((1 + units / UNITS).ln() * UNITS).round().cast("int64")), else_=0),
        declined=(payments["outcome"] == "declined").fill_null(False).cast("int64"),
        own_label=payments["fraud"],
        own_label_at=payments["labelled_at"],
        hour=at.hour().cast("float64"),
        weekend=(at.day_of_week.index() >= 5).cast("float64"),
        foreign_ip=_differs(payments["ip_country"], payments["shipping_country"]),
        foreign_card=_differs(payments["card_country"], payments["shipping_country"]),
        coupon=payments["coupon"].notnull().cast("float64"),
        **{AT_STAKE: units / UNITS},
    )
    return labelled(found, source, "payment")


def _differs(country: ir.Column, other: ir.Column) -> ir.Value:
    return (country != other).cast("float64")
