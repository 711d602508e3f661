"""The products of a version, by position, with what filters, caps and margins ask of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from commerce.families.recommendations.request import Filters

LEVELS = ("brand", "department", "category", "subcategory")
MARKET = "market"


@dataclass(frozen=True)
class Level:
    """One way of grouping: `codes` (n,) index `values`, −1 where the product has no value."""

    codes: np.ndarray
    values: np.ndarray

    def among(self, wanted: Sequence[str], positions: np.ndarray) -> np.ndarray:
        """Whether each product's value is one of those wanted."""
        return np.isin(self.codes[positions], np.flatnonzero(np.isin(self.values, list(wanted))))

    def of(self, position: int) -> str | None:
        """The product's value."""
        code = int(self.codes[position])
        return None if code < 0 else str(self.values[code])


class Catalogue:
    """`frame` has a row per product: product_id, name, `LEVELS`, price, cost, active, attributes (JSON), stock."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.sort_values("product_id", ignore_index=True)
        self.ids = self.frame["product_id"].to_numpy(dtype=str)
        self.names = self.frame["name"].to_numpy(dtype=object)
        self.attributes = self.frame["attributes"].to_numpy(dtype=object)
        self.levels = {name: _level(self.frame[name].to_numpy(dtype=object)) for name in LEVELS}
        self.price, self.cost, self.stock = (
            self.frame[name].to_numpy(dtype=np.float32, na_value=np.nan) for name in ("price", "cost", "stock")
        )
        # A product of which it is not said is taken to be for sale.
        self.active = np.array([value is not False and value != 0 for value in _values(self.frame, "active")], bool)

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self, products: Sequence[str]) -> np.ndarray:
        """Positions (n,), −1 for products that are not here."""
        wanted = np.asarray(products, dtype=str)
        if not len(self.ids) or not len(wanted):
            return np.full(len(wanted), -1)
        near = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[near] == wanted, near, -1)

    def name(self, position: int) -> str | None:
        """What customers read."""
        name = self.names[position]
        return str(name) if isinstance(name, str) and name else None

    def called(self, position: int) -> str:
        """The name, else the id."""
        return self.name(position) or str(self.ids[position])

    def margin(self, positions: np.ndarray) -> np.ndarray:
        """Price less cost, 0 where either is unknown."""
        return np.nan_to_num(self.price[positions] - self.cost[positions])

    def groups(self, name: str, positions: np.ndarray) -> np.ndarray:
        """Group of each product at a level; every product without a value is a group of its own."""
        codes = self.levels[name].codes[positions]
        return np.where(codes < 0, len(self.levels[name].values) + np.arange(len(positions)), codes)

    def allowed(self, positions: np.ndarray, filters: Filters) -> np.ndarray:
        """Whether each product may be shown (n,): it can be bought, and every filter holds."""
        mask = self.active[positions].copy()
        if filters.in_stock:
            mask &= self.stock[positions] > 0
        if filters.min_price is not None:
            mask &= self.price[positions] >= filters.min_price
        if filters.max_price is not None:
            mask &= self.price[positions] <= filters.max_price
        wanted = (filters.brands, filters.departments, filters.categories, filters.subcategories)
        for name, values in zip(LEVELS, wanted, strict=True):
            if values is not None:
                mask &= self.levels[name].among(values, positions)
        named = filters.attributes | ({MARKET: filters.markets} if filters.markets else {})
        if named:
            for place in np.flatnonzero(mask):
                mask[place] = _has(self.attributes[positions[place]], named)
        return mask

    def save(self, path: Path) -> None:
        """As Parquet."""
        self.frame.to_parquet(path, index=False)

    @staticmethod
    def load(path: Path) -> Catalogue:
        """What `save` wrote."""
        return Catalogue(pd.read_parquet(path))


def _values(frame: pd.DataFrame, name: str) -> list[object]:
    """A column's values, None where there is none."""
    column = frame[name].to_numpy(dtype=object)
    return [None if empty else value for value, empty in zip(column, pd.isna(column), strict=True)]


def _level(column: np.ndarray) -> Level:
    codes, values = pd.factorize(column, sort=True)
    return Level(codes.astype(np.int32), np.asarray(values, dtype=object))


def _has(text: object, wanted: dict[str, list[str]]) -> bool:
    """Whether attributes (JSON as text) hold one of the values wanted of each name; a list holds all its values."""
    try:
        known = json.loads(text) if isinstance(text, str) and text else {}
    except ValueError:
        return False
    if not isinstance(known, dict):
        return False
    for name, values in wanted.items():
        held = known.get(name)
        if not {_text(value) for value in (held if isinstance(held, list) else [held])} & set(values):
            return False
    return True


def _text(value: object) -> str | None:
    """A JSON value as a filter writes it: `true`, `4.5`, text as it is."""
    return value if isinstance(value, str) or value is None else json.dumps(value)
