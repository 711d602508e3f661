"""Counters of customers' orders and of products' sales in DynamoDB: read by the score routes, kept by ingest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from commerce.counters import CustomerState, customer_key
from commerce.sales import PARTS, ProductState, product_key
from functions.common.dynamodb import Item, Key, batch_get

_ERA = "era"


def key(pair: tuple[str, str]) -> Key:
    """(pk, sk) as DynamoDB takes it."""
    return {"pk": {"S": pair[0]}, "sk": {"S": pair[1]}}


def era_name(era: int) -> str:
    """Attribute with an era's sum in a product's item."""
    return f"{_ERA}{era}"


def read(client: Any, table: str, customers: Iterable[str], *, consistent: bool = False) -> dict[str, CustomerState]:
    """Counters of the customers that have any."""
    found = _items(client, table, {customer: customer_key(customer) for customer in customers}, consistent=consistent)
    return {customer: state(item) for customer, item in found.items()}


def sales(client: Any, table: str, products: Iterable[str]) -> dict[str, ProductState]:
    """Sales of the products that have any."""
    found = _items(client, table, {product: product_key(product) for product in products})
    return {product: product_state(item) for product, item in found.items()}


def state(item: Item) -> CustomerState:
    """Counters as stored: times in ISO 8601, UTC."""
    return CustomerState(
        orders=int(item["orders"]["N"]),
        first_order_at=datetime.fromisoformat(item["first_order_at"]["S"]),
        last_order_at=datetime.fromisoformat(item["last_order_at"]["S"]),
    )


def product_state(item: Item) -> ProductState:
    """Sales as stored: a sum for each era in which the product was sold."""
    sums = {name.removeprefix(_ERA): typed for name, typed in item.items() if name.startswith(_ERA)}
    return ProductState({int(era): float(typed["N"]) / PARTS for era, typed in sums.items()})


def _items(
    client: Any, table: str, keys: Mapping[str, tuple[str, str]], *, consistent: bool = False
) -> dict[str, Item]:
    """Those that exist, by whose they are."""
    items = batch_get(client, table, [key(pair) for pair in keys.values()], consistent=consistent)
    by_key = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    return {name: by_key[pair] for name, pair in keys.items() if pair in by_key}
