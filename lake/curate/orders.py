"""Order events of one order → its row in `orders` and its rows in `order_lines`.

The result depends on the set of events alone, not on the order in which they arrived: events are taken by the time
they happened. A later `Order Completed` or `Order Updated` replaces the order's content; a line it no longer has
stays, with quantity 0. `Order Refunded` and `Order Cancelled` make return lines dated when that happened, so that
features never see a return before it was made; without products they concern all that is left of the order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lake.curate.amounts import money, number, text

Event = dict[str, Any]
Row = dict[str, Any]

PLACED = ("Order Completed", "Order Updated")
TAKEN_BACK = {"Order Refunded": "refunded", "Order Cancelled": "cancelled"}
NAMES = (*PLACED, *TAKEN_BACK)

_NOTHING = Decimal("0.0000")


@dataclass
class _State:
    """The order as far as the events read so far tell."""

    order: Row
    lines: dict[str, Row] = field(default_factory=dict)
    returns: list[Row] = field(default_factory=list)
    left: dict[str, float] = field(default_factory=dict)
    """By line, how much of it has not come back yet."""


def derive(order_id: str, events: Iterable[Event], known: Row | None, lines: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of `orders` (one or none) and `order_lines` for one order.

    `events` are all order events of this order; `known` and `lines` are its rows in the lake, which stand in for the
    order's beginning when no event tells it (it was loaded from a file, or its events are past retention). Without
    either there is nothing to take back, and no row comes out.
    """
    ordered = sorted(events, key=lambda e: (e["timestamp"], e["name"], e["message_id"]))
    placed = [e for e in ordered if e["name"] in PLACED]
    state: _State | None = None
    first = placed[0]["timestamp"] if placed else None
    if known is not None and first is not None:
        first = min(first, known["ordered_at"])
    if known is not None and not placed:
        told = tuple(f"return/{e['message_id']}/" for e in ordered)
        state = _known(known, lines, told)
    # What was taken back before the order is told of concerns the order all the same: the clocks differed.
    for event in [*placed, *(e for e in ordered if e["name"] in TAKEN_BACK)]:
        if event["name"] in PLACED:
            state = _place(order_id, event, first, state)
        elif state is not None:
            _take_back(event, state)
    if state is None:
        return [], []
    return [state.order], [*state.lines.values(), *state.returns]


def _place(order_id: str, event: Event, first: Any, before: _State | None) -> _State:
    p = event["properties"]
    earlier = before.order if before else {}
    lines = _lines(order_id, event, p)
    subtotal = money(p.get("subtotal"))
    subtotal = sum((r["total"] for r in lines.values()), _NOTHING) if subtotal is None else subtotal
    discount, shipping, tax = (money(p.get(c)) or _NOTHING for c in ("discount", "shipping", "tax"))
    revenue = money(p.get("revenue"))
    net = subtotal - discount if revenue is None else revenue
    total = money(p.get("total"))
    order = {
        "order_id": order_id,
        "customer_id": event["customer_id"] or earlier.get("customer_id"),
        "ordered_at": first,
        "status": "completed",
        "status_at": None,
        "channel": text(p.get("affiliation")),
        "store_id": text(p.get("store_id")),
        "subtotal": subtotal,
        "discount": discount,
        "shipping": shipping,
        "tax": tax,
        "total": net + shipping + tax if total is None else total,
        "currency": text(p.get("currency")),
        "coupon": text(p.get("coupon")),
    }
    for line in lines.values():
        line["ordered_at"], line["customer_id"] = first, order["customer_id"]
    gone = {
        line_id: {**line, "customer_id": order["customer_id"], "quantity": 0.0, "total": _NOTHING, "discount": _NOTHING}
        for line_id, line in (before.lines if before else {}).items()
        if line_id not in lines
    }
    lines |= gone
    return _State(order, lines, left={line_id: line["quantity"] for line_id, line in lines.items()})


def _known(order: Row, lines: list[Row], told: tuple[str, ...]) -> _State:
    """What the lake holds, less the returns that the events at hand tell of again."""
    sales = {r["line_id"]: r for r in lines if r["kind"] == "sale"}
    state = _State(dict(order), sales, left={line_id: line["quantity"] for line_id, line in sales.items()})
    for row in lines:
        if row["kind"] == "return" and not (told and row["line_id"].startswith(told)):
            state.returns.append(row)
            _choose({"product_id": row["product_id"], "quantity": -row["quantity"]}, state)
    return state


def _lines(order_id: str, event: Event, p: dict[str, Any]) -> dict[str, Row]:
    """Lines by id: the product's id, numbered from the second time a product occurs, so that updates meet them."""
    lines: dict[str, Row] = {}
    for product in p.get("products") or ():
        product_id = text(product.get("product_id"))
        if product_id is None:
            continue
        nth = 1 + sum(r["product_id"] == product_id for r in lines.values())
        quantity = number(product.get("quantity"))
        quantity = 1.0 if quantity is None else quantity
        price = money(product.get("price"))
        discount = money(product.get("discount")) or _NOTHING
        total = money(Decimal(str(quantity)) * (price or _NOTHING) - discount) or _NOTHING
        line_id = product_id if nth == 1 else f"{product_id}/{nth}"
        lines[line_id] = {
            "order_id": order_id,
            "line_id": line_id,
            "customer_id": event["customer_id"],
            "product_id": product_id,
            "ordered_at": event["timestamp"],
            "kind": "sale",
            "quantity": quantity,
            "unit_price": price,
            "discount": discount,
            "total": total,
            "currency": text(product.get("currency")) or text(p.get("currency")),
            "store_id": text(p.get("store_id")),
        }
    return lines


def _take_back(event: Event, state: _State) -> None:
    products = event["properties"].get("products") or ()
    if products:
        wanted: dict[str, float] = {}
        for product in products:
            for line_id, quantity in _choose(product, state).items():
                wanted[line_id] = wanted.get(line_id, 0.0) + quantity
    else:
        wanted = {line_id: quantity for line_id, quantity in state.left.items() if quantity > 0}
        state.left = dict.fromkeys(state.left, 0.0)
    for line_id, quantity in wanted.items():
        sale = state.lines[line_id]
        share = Decimal(str(quantity)) / Decimal(str(sale["quantity"]))
        state.returns.append(
            {
                **sale,
                "line_id": f"return/{event['message_id']}/{line_id}",
                "ordered_at": event["timestamp"],
                "kind": "return",
                "quantity": -quantity,
                "discount": _NOTHING,
                "total": money(-sale["total"] * share),
            }
        )
    if not products or all(quantity <= 0 for quantity in state.left.values()):
        state.order["status"] = TAKEN_BACK[event["name"]]
        state.order["status_at"] = event["timestamp"]


def _choose(product: dict[str, Any], state: _State) -> dict[str, float]:
    """Spread a returned product over the lines that sold it; more than was sold cannot come back."""
    product_id = text(product.get("product_id"))
    asked = number(product.get("quantity"))
    chosen: dict[str, float] = {}
    for line_id, line in state.lines.items():
        if line["product_id"] != product_id or state.left[line_id] <= 0:
            continue
        taken = state.left[line_id] if asked is None else min(asked, state.left[line_id])
        if taken > 0:
            state.left[line_id] -= taken
            chosen[line_id] = taken
            asked = None if asked is None else asked - taken
    return chosen
