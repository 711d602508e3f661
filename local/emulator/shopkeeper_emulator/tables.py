"""DynamoDB as several callers at once know it: what one call does to an item, no other call sees half done.

moto serves every caller in a thread of its own without a lock, so that of two conditional writes of an item both may
succeed. For every action of a transaction it copies the whole table, to put the copy back when the transaction is
cancelled: that undoes what others wrote meanwhile, and once a table has ten thousand items a transaction takes seconds.
"""

import copy
import functools
import threading
from collections.abc import Callable
from typing import Any

from localemu.services.dynamodb.provider import DynamoDBProvider
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


class _ItemsOnly:
    """The module `copy` for moto's: a table is not copied, since `_transact` puts back what it has to."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value if isinstance(value, Table) else copy.deepcopy(value)


def _transact(carry_out: Callable[..., None]) -> Callable[..., None]:
    """Carry a transaction out; where it is cancelled, put back the items that it names and no others."""

    @functools.wraps(carry_out)
    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        put_back = [_undo(self, *next(iter(action.items()))) for action in transact_items]
        try:
            carry_out(self, transact_items)
        except Exception:
            for undo in put_back:
                undo()
            raise

    return transact_write_items


def _undo(backend: DynamoDBBackend, kind: str, action: dict[str, Any]) -> Callable[[], None]:
    table = backend.tables.get(action.get("TableName", ""))
    key = action.get("Key") or action.get("Item") or {}
    if kind == "ConditionCheck" or table is None or table.hash_key_attr not in key:
        return _nothing
    partition = DynamoType(key[table.hash_key_attr])
    if not table.has_range_key:
        items, name = table.items, partition
    elif table.range_key_attr in key:
        items, name = table.items[partition], DynamoType(key[table.range_key_attr])
    else:
        return _nothing
    # Only an update changes the item itself; the other actions put another one in its place, or none.
    before = copy.deepcopy(items.get(name)) if kind == "Update" else items.get(name)

    def undo() -> None:
        if before is None:
            items.pop(name, None)
        else:
            items[name] = before

    return undo


def _nothing() -> None:
    """A check changes nothing, and an action without a key is refused before it does."""


def install() -> None:
    """Let one call after the other have the tables, and undo transactions item by item."""
    models.copy = _ItemsOnly
    DynamoDBBackend.transact_write_items = _transact(DynamoDBBackend.transact_write_items)
    forward = DynamoDBProvider.forward_request
    lock = threading.RLock()

    @functools.wraps(forward)
    def one_at_a_time(self: DynamoDBProvider, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return forward(self, *args, **kwargs)

    DynamoDBProvider.forward_request = one_at_a_time
