"""The products of a version, by position, with what filters, caps and margins ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from commerce.families.recommendations.request import Filters
from training.recommendations import texts
from training.recommendations.attributes import Attributes
from training.recommendations.texts import Texts

LEVELS = ("brand", "department", "category", "subcategory")
MARKET = "market"
_NUMBERS = ("price", "cost", "stock")


@dataclass(frozen=True, slots=True)
class Level:
    """One way of grouping: `codes` (n,) index `values` (sorted, UTF-8), −1 where the product has no value."""

    codes: np.ndarray
    values: np.ndarray

    def among(self, wanted: Sequence[str], positions: np.ndarray) -> np.ndarray:
        """Whether each product's value is one of those wanted."""
        codes = texts.places(self.values, wanted)
        return np.isin(self.codes[positions], codes[codes >= 0])

    def of(self, position: int) -> str | None:
        """The product's value."""
        code = int(self.codes[position])
        return None if code < 0 else self.values[code].decode()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Arrays with an entry per product, in the order of the ids (UTF-8); numbers are NaN where unknown."""

    ids: np.ndarray
    names: Texts
    levels: dict[str, Level]
    price: np.ndarray
    cost: np.ndarray
    stock: np.ndarray
    active: np.ndarray
    attributes: Attributes

    @staticmethod
    def of(frame: pd.DataFrame) -> Catalogue:
        """`frame` is sorted by product_id, a row per product, and has name, `LEVELS`, price, cost, active, attributes
        (JSON) and stock."""
        active = frame["active"].to_numpy(dtype=object)
        numbers = {name: frame[name].to_numpy(dtype=np.float32, na_value=np.nan) for name in _NUMBERS}
        return Catalogue(
            ids=texts.fixed(frame["product_id"]),
            names=Texts.of(frame["name"]),
            levels={name: _level(frame[name].to_numpy(dtype=object)) for name in LEVELS},
            # A product of which it is not said is taken to be for sale.
            active=np.array(pd.isna(active) | (active != 0), dtype=bool),
            attributes=Attributes.of(frame["attributes"]),
            **numbers,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def id(self, position: int) -> str:
        """The product's id."""
        return self.ids[position].decode()

    def positions(self, products: Iterable[str]) -> np.ndarray:
        """Positions (n,), −1 for products that are not here."""
        return texts.places(self.ids, products)

    def name(self, position: int) -> str | None:
        """What customers read."""
        return self.names[position] or None

    def called(self, position: int) -> str:
        """The name, else the id."""
        return self.name(position) or self.id(position)

    def margin(self, positions: np.ndarray) -> np.ndarray:
        """Price less cost, 0 where either is unknown."""
        return np.nan_to_num(self.price[positions] - self.cost[positions])

    def groups(self, name: str, positions: np.ndarray) -> np.ndarray:
        """Group of each product at a level; every product without a value is a group of its own."""
        codes = self.levels[name].codes[positions]
        return np.where(codes < 0, len(self.levels[name].values) + np.arange(len(positions)), codes)

    def allowed(self, positions: np.ndarray, filters: Filters) -> np.ndarray:
        """Whether each product may be shown (n,): it can be bought, and every filter holds."""
        mask = self.active[positions]
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
        return mask & self.attributes.hold(positions, named) if named else mask

    def save(self, path: Path) -> None:
        """As one `.npz`."""
        arrays = {name: getattr(self, name) for name in ("ids", "active", *_NUMBERS)}
        arrays |= {"names.letters": self.names.letters, "names.starts": self.names.starts}
        for name, level in self.levels.items():
            arrays |= {f"{name}.codes": level.codes, f"{name}.values": level.values}
        arrays |= {f"attributes.{name}": array for name, array in self.attributes.arrays().items()}
        np.savez(path, allow_pickle=False, **arrays)

    @staticmethod
    def load(path: Path) -> Catalogue:
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as held:
            return Catalogue(
                names=Texts(held["names.letters"], held["names.starts"]),
                levels={name: Level(held[f"{name}.codes"], held[f"{name}.values"]) for name in LEVELS},
                attributes=Attributes(*(held[f"attributes.{name}"] for name in ("keys", "starts", "items"))),
                **{name: held[name] for name in ("ids", "active", *_NUMBERS)},
            )


def _level(column: np.ndarray) -> Level:
    codes, values = pd.factorize(column, sort=True)
    return Level(codes.astype(np.int32), texts.fixed(str(value) for value in values))
