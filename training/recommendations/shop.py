"""What a version knows of the shop as a whole: which products go together, are alike, sell, and follow each other."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from training.recommendations.attributes import parsed
from training.recommendations.catalogue import LEVELS, Catalogue
from training.recommendations.content import Content, Described
from training.recommendations.sessions import storage
from training.recommendations.sessions.log import SessionLog
from training.recommendations.sessions.session_knn import SessionKnn
from training.recommendations.sessions.transitions import Transitions
from training.recommendations.together import Together
from training.recommendations.trending import popular, trending

_TEXT = ("color", "colour", "description", "material", "size")
"""Attributes whose words describe a product."""
_VISITS = "shop_visits"
MOST_VISITS = 300_000
MOST_SELLING = 20_000
"""Of the best sellers, those that are searched for what filters let pass."""


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
    visits: SessionKnn | None = None
    """Past visits, the newest `MOST_VISITS`; None where the shop sends no views."""

    @cached_property
    def selling(self) -> np.ndarray:
        """Positions of what sells, the most first."""
        return _best(self.popular)

    @cached_property
    def rising(self) -> np.ndarray:
        """Positions of what sells more than usual, the most first."""
        return _best(self.trending)

    @staticmethod
    def fit(context: Mapping[str, pd.DataFrame]) -> Shop:
        """From the tables of `tables`: `window` (as_of), `catalogue`, `baskets`, `views`, `sales`."""
        listed = context["catalogue"].sort_values("product_id", ignore_index=True)
        catalogue = Catalogue.of(listed)
        baskets, views, sales = (_listed(context[name], catalogue) for name in ("baskets", "views", "sales"))
        n = len(catalogue)
        sold, ages = catalogue.positions(sales["product_id"].to_list()), sales["age"].to_numpy(dtype=float)
        lines = sales["lines"].to_numpy(dtype=float)
        vectors, log = _vectors(listed), _log(views, catalogue)
        return Shop(
            as_of=date.fromisoformat(str(context["window"]["as_of"].iloc[0])),
            catalogue=catalogue,
            bought=Together().fit(_incidence(baskets, "basket", catalogue)),
            viewed=Together().fit(_incidence(views, "visit", catalogue)),
            follows=_follows(log),
            vectors=vectors,
            postings=sparse.csr_matrix(vectors.T),
            popular=popular(sold, ages, n, lines),
            trending=trending(sold, ages, n, lines),
            visits=_visits(log),
        )

    def save(self, folder: Path) -> None:
        """Native files, all beginning with `shop`."""
        self.catalogue.save(folder / "shop.catalogue.npz")
        self.bought.save(folder, "shop.bought")
        self.viewed.save(folder, "shop.viewed")
        sparse.save_npz(folder / "shop.follows.npz", self.follows, compressed=False)
        sparse.save_npz(folder / "shop.vectors.npz", self.vectors, compressed=False)
        np.save(folder / "shop.popular.npy", self.popular, allow_pickle=False)
        np.save(folder / "shop.trending.npy", self.trending, allow_pickle=False)
        if self.visits is not None:
            storage.save(self.visits, folder, _VISITS)
        about = {"as_of": self.as_of.isoformat(), "visits": self.visits is not None}
        (folder / "shop.json").write_text(json.dumps(about))

    @staticmethod
    def load(folder: Path) -> Shop:
        """What `save` wrote."""
        vectors = sparse.csr_matrix(sparse.load_npz(folder / "shop.vectors.npz"))
        about = json.loads((folder / "shop.json").read_text())
        visits = _nearest() if about["visits"] else None
        if visits is not None:
            storage.load(visits, folder, _VISITS)
        return Shop(
            as_of=date.fromisoformat(about["as_of"]),
            catalogue=Catalogue.load(folder / "shop.catalogue.npz"),
            bought=Together.load(folder, "shop.bought"),
            viewed=Together.load(folder, "shop.viewed"),
            follows=sparse.csr_matrix(sparse.load_npz(folder / "shop.follows.npz")),
            vectors=vectors,
            postings=sparse.csr_matrix(vectors.T),
            popular=np.load(folder / "shop.popular.npy", allow_pickle=False),
            trending=np.load(folder / "shop.trending.npy", allow_pickle=False),
            visits=visits,
        )


def _listed(table: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The rows of products that are in the catalogue: others cannot be shown."""
    return table.iloc[np.flatnonzero(catalogue.positions(table["product_id"].to_list()) >= 0)]


def _incidence(table: pd.DataFrame, group: str, catalogue: Catalogue) -> sparse.csr_matrix:
    row, names = pd.factorize(table[group].to_numpy())
    column = catalogue.positions(table["product_id"].to_list())
    ones = np.ones(len(row), dtype=np.float32)
    return sparse.csr_matrix((ones, (row, column)), shape=(len(names), len(catalogue)))


def _log(views: pd.DataFrame, catalogue: Catalogue) -> SessionLog:
    column = catalogue.positions(views["product_id"].to_list())
    visit = views["visit"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], visit[1:] != visit[:-1]])) if len(visit) else np.zeros(0, int)
    sessions: Sequence[np.ndarray] = np.split(column, starts[1:]) if len(visit) else []
    return SessionLog.of(sessions, views["second"].to_numpy(dtype=float)[starts] / 86400, len(catalogue))


def _follows(log: SessionLog) -> sparse.csr_matrix:
    if not len(log):
        return sparse.csr_matrix((log.n_items, log.n_items), dtype=np.float32)
    return Transitions("both", lag_decay=4.0).fit(log).weights_


def _nearest() -> SessionKnn:
    """Its parameters were chosen on Diginetica's last training week."""
    return SessionKnn(half_life=30, power=1.5)


def _visits(log: SessionLog) -> SessionKnn | None:
    """Of visits to two products at least: one alone says nothing of what goes with it."""
    several = np.flatnonzero(np.diff(log.offsets) > 1)[-MOST_VISITS:]
    if not len(several):
        return None
    kept = [log.items[log.offsets[i] : log.offsets[i + 1]] for i in several]
    return _nearest().fit(SessionLog.of(kept, log.times[several], log.n_items))


def _vectors(products: pd.DataFrame) -> sparse.csr_matrix:
    described = [_described(row) for row in products.to_dict("records")]
    return sparse.csr_matrix(Content().fit(described).vectors(described), dtype=np.float32)


def _described(product: Mapping[Hashable, object]) -> Described:
    text = parsed(product["attributes"])
    words = [product["name"], *(text.get(name) for name in _TEXT)]
    attributes = {name: value for name in LEVELS if isinstance(value := product[name], str)}
    return Described(" ".join(word for word in words if isinstance(word, str)), attributes)


def _best(worth: np.ndarray) -> np.ndarray:
    """Positions with a worth above 0, the best first; ties go to the first."""
    some = np.flatnonzero(worth > 0)
    if len(some) > MOST_SELLING:
        some = some[np.argpartition(-worth[some], MOST_SELLING)[:MOST_SELLING]]
    return some[np.lexsort((some, -worth[some]))]
