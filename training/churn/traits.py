"""Contract businesses: customers' traits as a design matrix, and the table queries for it.

A trait is whatever the shop knows of a customer as name → value (`customers.traits`, JSON). What is a number, a
category or useless is learned from the training rows and kept with the model.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.model import FeatureField
from training.churn.features import midnight
from training.contract import ENTITY, LABEL, Source, TrainingError

FIELDS = (FeatureField(name="traits", type="json", doc="what the shop knows of the customer, as name → value"),)

_FILE = "traits.json"
NUMERIC_SHARE = 0.9
"""Of the filled values that must read as numbers for a trait to be one."""
MIN_COUNT = 10
"""Rows a category needs for a column of its own; rarer ones share the average customer's."""
MAX_LEVELS = 50
"""A trait with more frequent categories than this identifies rather than describes; it is left out."""


def latest(source: Source, as_of: date) -> ibis.Table:
    """The newest row of each customer before `as_of`."""
    known = source.table("customers").filter(_.updated_at < midnight(as_of))
    newest = ibis.window(group_by="customer_id", order_by=ibis.desc("updated_at"))
    return known.mutate(rank=ibis.row_number().over(newest)).filter(_.rank == 0)


def features(source: Source, as_of: date) -> ibis.Table:
    """`entity_id` and `traits` (JSON text) of every customer known before `as_of`."""
    return latest(source, as_of).select(**{ENTITY: _.customer_id}, traits=_.traits)


def labels(source: Source, as_of: date) -> ibis.Table:
    """`entity_id` and `label`: 1 where the contract had ended, for customers of whom the shop knows it."""
    known = latest(source, as_of).filter(_.churned.notnull())
    return known.select(**{ENTITY: _.customer_id}, **{LABEL: _.churned.cast("int64").cast("float64")})


@dataclass(frozen=True)
class Trait:
    """One trait: a number (`median` stands in where it is missing) or a category with the `levels` seen often."""

    name: str
    median: float | None = None
    levels: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns: value, logarithm and absence of a number, one indicator per level."""
        if self.median is not None:
            return (self.name, f"log {self.name}", f"{self.name} missing")
        return tuple(f"{self.name} = {level}" for level in self.levels)

    def encode(self, values: list[Any]) -> np.ndarray:
        """Rows × `columns`."""
        if self.median is None:
            texts = np.array([_text(v) for v in values], dtype=object)
            return np.column_stack([(texts == level).astype(float) for level in self.levels])
        numbers = np.array([_number(v) for v in values], dtype=float)
        missing = np.isnan(numbers)
        numbers = np.where(missing, self.median, numbers)
        return np.column_stack([numbers, np.sign(numbers) * np.log1p(np.abs(numbers)), missing.astype(float)])


@dataclass(frozen=True)
class TraitEncoder:
    """Traits → design matrix."""

    traits: tuple[Trait, ...]

    @staticmethod
    def fit(frame: pd.DataFrame) -> TraitEncoder:
        """Learn kinds and levels from `frame.traits`; TrainingError when nothing there describes a customer."""
        rows = _parsed(frame)
        names = sorted({name for row in rows for name in row})
        found = [t for name in names if (t := _describe(name, [row.get(name) for row in rows])) is not None]
        if not found:
            raise TrainingError(
                "no customer has usable traits: load what describes a customer (contract, tariff, payment, …) as "
                "customers.traits, name → value"
            )
        return TraitEncoder(tuple(found))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the matrix's columns."""
        return tuple(c for t in self.traits for c in t.columns)

    @property
    def owners(self) -> tuple[str, ...]:
        """The trait each column belongs to."""
        return tuple(t.name for t in self.traits for _column in t.columns)

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows × `columns`, finite."""
        rows = _parsed(frame)
        return np.hstack([t.encode([row.get(t.name) for row in rows]) for t in self.traits])

    def words(self, frame: pd.DataFrame) -> list[dict[str, str]]:
        """Per row: trait → its value as a person reads it."""
        return [{t.name: _text(row.get(t.name)) or "unknown" for t in self.traits} for row in _parsed(frame)]

    def save(self, folder: Path) -> None:
        """`traits.json`."""
        (folder / _FILE).write_text(json.dumps([asdict(t) for t in self.traits], indent=1))

    @staticmethod
    def load(folder: Path) -> TraitEncoder:
        """What `save` wrote."""
        rows = json.loads((folder / _FILE).read_text())
        return TraitEncoder(tuple(Trait(r["name"], r["median"], tuple(r["levels"])) for r in rows))


def _parsed(frame: pd.DataFrame) -> list[dict[str, Any]]:
    parsed = [json.loads(text) if isinstance(text, str) and text else {} for text in frame["traits"]]
    return [row if isinstance(row, dict) else {} for row in parsed]


def _describe(name: str, values: list[Any]) -> Trait | None:
    texts = [t for v in values if (t := _text(v))]
    numbers = np.array([n for v in values if not np.isnan(n := _number(v))])
    counts = Counter(texts)
    if texts and len(numbers) >= NUMERIC_SHARE * len(texts) and len(counts) > 2:
        return Trait(name, median=float(np.median(numbers)))
    levels = tuple(sorted(level for level, n in counts.items() if n >= MIN_COUNT))
    if len(levels) < 2 or len(levels) > MAX_LEVELS:
        return None
    return Trait(name, levels=levels)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _number(value: Any) -> float:
    try:
        number = float(_text(value))
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
