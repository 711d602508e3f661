"""What a version knows of the shop as a whole: which products go together, are alike, sell, and follow each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from training.recommendations.catalogue import Catalogue
from training.recommendations.content import Content, Described
from training.recommendations.sessions.log import SessionLog
from training.recommendations.sessions.transitions import Transitions
from training.recommendations.together import Together
from training.recommendations.trending import popular, trending

_LEVELS = ("brand", "department", "category", "subcategory")
_TEXT = ("color", "colour", "description", "material", "size")
"""Attributes whose words describe a product."""


@dataclass(frozen=True)
class Shop:
    """`bought` and `viewed` are pairs beyond chance, `follows` (products × products) what is looked at next.

    `postings` (words × products) finds products alike. `popular` and `trending` have a number per product.
    """

    as_of: date
    catalogue: Catalogue
    bought: Together
    viewed: Together
    follows: sparse.csr_matrix
    vectors: sparse.csr_matrix
    postings: sparse.csr_matrix
    popular: np.ndarray
    trending: np.ndarray

    @staticmethod
    def fit(context: Mapping[str, pd.DataFrame]) -> Shop:
        """From the tables of `tables`: `window` (as_of), `catalogue`, `baskets`, `views`, `sales`."""
        catalogue = Catalogue(context["catalogue"])
        baskets, views, sales = (_listed(context[name], catalogue) for name in ("baskets", "views", "sales"))
        n = len(catalogue)
        sold, ages = catalogue.positions(sales["product_id"].to_list()), sales["age"].to_numpy(dtype=float)
        lines = sales["lines"].to_numpy(dtype=float)
        vectors = _vectors(catalogue)
        return Shop(
            as_of=date.fromisoformat(str(context["window"]["as_of"].iloc[0])),
            catalogue=catalogue,
            bought=Together().fit(_incidence(baskets, "basket", catalogue)),
            viewed=Together().fit(_incidence(views, "visit", catalogue)),
            follows=_follows(views, catalogue),
            vectors=vectors,
            postings=sparse.csr_matrix(vectors.T),
            popular=popular(sold, ages, n, lines),
            trending=trending(sold, ages, n, lines),
        )

    def save(self, folder: Path) -> None:
        """Native files, all beginning with `shop`."""
        self.catalogue.save(folder / "shop.catalogue.parquet")
        self.bought.save(folder, "shop.bought")
        self.viewed.save(folder, "shop.viewed")
        sparse.save_npz(folder / "shop.follows.npz", self.follows, compressed=False)
        sparse.save_npz(folder / "shop.vectors.npz", self.vectors, compressed=False)
        np.save(folder / "shop.popular.npy", self.popular, allow_pickle=False)
        np.save(folder / "shop.trending.npy", self.trending, allow_pickle=False)
        (folder / "shop.json").write_text(json.dumps({"as_of": self.as_of.isoformat()}))

    @staticmethod
    def load(folder: Path) -> Shop:
        """What `save` wrote."""
        vectors = sparse.csr_matrix(sparse.load_npz(folder / "shop.vectors.npz"))
        return Shop(
            as_of=date.fromisoformat(json.loads((folder / "shop.json").read_text())["as_of"]),
            catalogue=Catalogue.load(folder / "shop.catalogue.parquet"),
            bought=Together.load(folder, "shop.bought"),
            viewed=Together.load(folder, "shop.viewed"),
            follows=sparse.csr_matrix(sparse.load_npz(folder / "shop.follows.npz")),
            vectors=vectors,
            postings=sparse.csr_matrix(vectors.T),
            popular=np.load(folder / "shop.popular.npy", allow_pickle=False),
            trending=np.load(folder / "shop.trending.npy", allow_pickle=False),
        )


def _listed(table: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The rows of products that are in the catalogue: others cannot be shown."""
    return table.iloc[np.flatnonzero(catalogue.positions(table["product_id"].to_list()) >= 0)]


def _incidence(table: pd.DataFrame, group: str, catalogue: Catalogue) -> sparse.csr_matrix:
    row, names = pd.factorize(table[group].to_numpy())
    column = catalogue.positions(table["product_id"].to_list())
    ones = np.ones(len(row), dtype=np.float32)
    return sparse.csr_matrix((ones, (row, column)), shape=(len(names), len(catalogue)))


def _follows(views: pd.DataFrame, catalogue: Catalogue) -> sparse.csr_matrix:
    if views.empty:
        return sparse.csr_matrix((len(catalogue), len(catalogue)), dtype=np.float32)
    column = catalogue.positions(views["product_id"].to_list())
    visit = views["visit"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], visit[1:] != visit[:-1]]))
    sessions: Sequence[np.ndarray] = np.split(column, starts[1:])
    days = views["second"].to_numpy(dtype=float)[starts] / 86400
    return Transitions("both", lag_decay=4.0).fit(SessionLog.of(sessions, days, len(catalogue))).weights_


def _vectors(catalogue: Catalogue) -> sparse.csr_matrix:
    described = [_described(catalogue, position) for position in range(len(catalogue))]
    vectors = Content().fit(described).vectors(described)
    return sparse.csr_matrix(vectors, dtype=np.float32)


def _described(catalogue: Catalogue, position: int) -> Described:
    attributes = {name: level.of(position) or "" for name, level in catalogue.levels.items() if name in _LEVELS}
    words = [catalogue.name(position) or ""]
    text = catalogue.attributes[position]
    if isinstance(text, str) and text:
        try:
            known = json.loads(text)
        except ValueError:
            known = {}
        if isinstance(known, dict):
            words += [str(known[name]) for name in _TEXT if isinstance(known.get(name), str)]
    return Described(" ".join(words), attributes)
