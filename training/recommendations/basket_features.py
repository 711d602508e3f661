"""The frame that rankers of a customer's next baskets learn from and score: candidates with all that was known."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
import numpy as np
import pandas as pd
from ibis import _

from lake.keeping import Hold
from training.recommendations import buy_again, surroundings
from training.recommendations.candidates import Limits, candidates

KEYS = ("customer_id", "product_id")
LABEL = "bought"


def columns(levels: Sequence[str]) -> tuple[str, ...]:
    """Features of a candidate, given the names of the attribute columns."""
    return (
        "affinity",
        "new",
        *buy_again.HISTORY,
        "usual_gap",
        "expected_gap",
        "overdue",
        *surroundings.CUSTOMER,
        *surroundings.PRODUCT,
        "share_of_visits",
        *(name for level in levels for name in surroundings.level_columns(level)),
    )


def established(interactions: ibis.Table, as_of: datetime, lines: int) -> ibis.Table:
    """The lines before `as_of` of products that were bought on at least so many of them."""
    before = interactions.filter(_.at < as_of, _.quantity > 0, _.customer_id.notnull())
    often = before.group_by("product_id").aggregate(lines=_.count()).filter(_.lines >= lines)
    return before.semi_join(often, "product_id")


def features(
    interactions: ibis.Table,
    attributes: ibis.Table,
    levels: Sequence[str],
    as_of: datetime,
    limits: Limits,
    most: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """One row per candidate of each customer with a purchase before `as_of`: `KEYS` and `columns(levels)`.

    `attributes` has one row per product, `product_id` and the `levels`; a product it lacks has no level. At most `most`
    customers, drawn at random by `seed`; everybody is learned from all the same. Sorted by `KEYS`, so that the same
    tables give the same rows.
    """
    bought = buy_again.purchases(interactions, as_of).order_by(*KEYS, "age").to_pandas()
    only = _drawn(bought["customer_id"].to_numpy(dtype=object), most, seed)
    # Numbers in the ids' order instead of the ids: everything below joins and groups by them.
    ids: dict[str, np.ndarray] = {}
    for key in KEYS:
        numbers, ids[key] = pd.factorize(bought[key].to_numpy(dtype=object), sort=True)
        bought[key] = numbers.astype(np.int32)
    numbered = None if only is None else np.searchsorted(ids["customer_id"], only)
    frame = _joined(bought, _numbered(attributes.to_pandas(), levels, ids["product_id"]), levels, limits, numbered)
    return frame.assign(**{key: ids[key][frame[key].to_numpy(dtype=np.int64)] for key in KEYS})


def surrounded(
    found: ibis.Table, bought: ibis.Table, attributes: ibis.Table, levels: Sequence[str], hold: Hold
) -> ibis.Table:
    """`KEYS` and `columns(levels)` of the candidates `found`, sorted by `KEYS`, on the engine that the tables are on.

    `bought` is `buy_again.purchases`; `hold` has what is read several times computed once.
    """
    popular = hold(surroundings.products(bought))
    known = hold(buy_again.history(bought))
    frame = _join(found, known, *KEYS)
    frame = _join(frame, buy_again.usual_gaps(known), "product_id")
    frame = _join(buy_again.due(frame), surroundings.customers(bought), "customer_id")
    frame = _join(frame, popular, "product_id")
    frame = frame.mutate(share_of_visits=_.purchases / _.visits)
    for level in levels:
        frame = _join(frame, surroundings.shares(popular, attributes, level), "product_id")
        frame = _join(frame, surroundings.habits(bought, attributes, level), "customer_id", level)
    asked = frame.select(*KEYS, **{name: _[name].cast("float32") for name in columns(levels)})
    return asked.order_by(*KEYS)


def _joined(
    held: pd.DataFrame, placed: pd.DataFrame, levels: Sequence[str], limits: Limits, only: np.ndarray | None
) -> pd.DataFrame:
    """The frame of `features`, all keys and levels numbers."""
    found = candidates(held, limits, only)
    if found.empty:
        return pd.DataFrame({name: [] for name in (*KEYS, *columns(levels))})
    bought = ibis.memtable(held)
    return surrounded(ibis.memtable(found), bought, ibis.memtable(placed), levels, _held).to_pandas()


def _numbered(attributes: pd.DataFrame, levels: Sequence[str], products: np.ndarray) -> pd.DataFrame:
    """Products by number, each level's values as numbers, empty where there is none."""
    listed = attributes["product_id"].to_numpy(dtype=object)
    place = np.minimum(np.searchsorted(products, listed), max(len(products) - 1, 0))
    there = np.flatnonzero(products[place] == listed) if len(products) else np.zeros(0, dtype=np.int64)
    placed = pd.DataFrame({"product_id": place[there].astype(np.int32)})
    for level in levels:
        codes, _values = pd.factorize(attributes[level].to_numpy(dtype=object)[there])
        placed[level] = pd.array(codes, dtype="Int32")
        placed.loc[codes < 0, level] = pd.NA
    return placed


def labelled(frame: pd.DataFrame, interactions: ibis.Table, as_of: datetime, until: datetime) -> pd.DataFrame:
    """`frame` with `LABEL`: 1 where the customer bought the product from `as_of` until before `until`, else 0."""
    later = interactions.filter(_.at >= as_of, _.at < until, _.quantity > 0, _.customer_id.notnull())
    outcome = later.select(*KEYS).distinct().to_pandas().assign(**{LABEL: 1})
    merged = frame.merge(outcome, on=list(KEYS), how="left")
    return merged.assign(**{LABEL: merged[LABEL].fillna(0).astype("int8")})


def _drawn(customers: np.ndarray, most: int | None, seed: int) -> np.ndarray | None:
    everybody = np.array(sorted(set(customers.tolist())), dtype=object)
    if most is None or len(everybody) <= most:
        return None
    return np.random.default_rng(seed).choice(everybody, most, replace=False)


def _held(table: ibis.Table) -> ibis.Table:
    return ibis.memtable(table.to_pandas())


def _join(frame: ibis.Table, other: ibis.Table, *keys: str) -> ibis.Table:
    return frame.left_join(other, keys).drop(*(f"{key}_right" for key in keys))
