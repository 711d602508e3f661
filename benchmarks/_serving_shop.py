"""A made-up shop of any size as a version of recommendations, put together without training.

Popularity follows Zipf's law; how many products go with another, and how many follow it, comes of how much it sells. A
product has a brand and three levels, a name, a price, a stock count and attributes; a customer has a published profile
as large as the batch job lets it be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from commerce.families.recommendations.profile import Fresh, Owned, Profile
from commerce.model import DataWindow
from training import artifact
from training.recommendations import FAMILY_MODEL
from training.recommendations.catalogue import Catalogue
from training.recommendations.content import SIZE
from training.recommendations.model import NEW_KEPT, OWN_KEPT, Part, RecommendationsModel
from training.recommendations.ranker import Ranker
from training.recommendations.sessions.log import SessionLog
from training.recommendations.sessions.session_knn import SessionKnn
from training.recommendations.shop import MOST_VISITS, Shop
from training.recommendations.together import Together

AS_OF = date(2026, 3, 2)
LINES_PER_ITEM = 30
VIEWS_PER_LINE = 10
LINES_PER_BASKET = 5
PER_NEIGHBOUR = 4
"""Lines (or views) of a product for each product that is known to go with it."""
MOST_VISIT = 10
"""Products of a visit."""
WORDS = 20_000
WORDS_PER_ITEM = 6
LEVELS = {"brand": 200, "department": 50_000, "category": 4_000, "subcategory": 400}
"""Level → products per value of it."""
MARKETS = ("AT", "CH", "DE", "FR")


@dataclass(frozen=True)
class Popularity:
    """(n,) each: `rank` is an item's place among the best sellers, `item` the item at a place, `lines` its sales."""

    rank: np.ndarray
    item: np.ndarray
    lines: np.ndarray

    @staticmethod
    def of(n: int, rng: np.random.Generator) -> Popularity:
        """Zipf's law with exponent 1, over items in random order."""
        item = rng.permutation(n)
        rank = np.empty(n, dtype=np.int64)
        rank[item] = np.arange(n)
        share = 1 / (rank + 1)
        return Popularity(rank, item, np.floor(LINES_PER_ITEM * n * share / share.sum()).astype(np.int64))

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Items as they are bought."""
        places = np.minimum(len(self.item) ** rng.random(count), len(self.item)).astype(np.int64) - 1
        return self.item[places]


def shop(n: int, rng: np.random.Generator, popularity: Popularity) -> Shop:
    """What a version knows of a shop of `n` items."""
    catalogue = Catalogue.of(_frame(n, rng))
    vectors = _vectors(catalogue, rng)
    lines = popularity.lines
    views = lines * VIEWS_PER_LINE
    follows = _partners(views, 300, popularity, rng)
    follows.data = rng.lognormal(size=follows.nnz).astype(np.float32)
    return Shop(
        as_of=AS_OF,
        catalogue=catalogue,
        bought=_together(lines, popularity, rng),
        viewed=_together(views, popularity, rng),
        follows=sparse.csr_matrix(follows, dtype=np.float32),
        vectors=vectors,
        postings=sparse.csr_matrix(vectors.T),
        popular=lines.astype(float),
        trending=rng.normal(size=n) * np.sqrt(lines / 10),
        visits=_visits(n, popularity, rng),
    )


def write(folder: Path, of: Shop, seed: int) -> Path:
    """The shop, with two rankers, as a version's artifact that the container reads."""
    parameters = FAMILY_MODEL.parameters({})
    parts = {name: Part(_ranker(seed), "column_0") for name in ("repeat", "new")}
    window = DataWindow(first_as_of=AS_OF, last_as_of=AS_OF, rows=0, entities=0)
    model = RecommendationsModel(parameters, parts, of)  # pyright: ignore[reportArgumentType]
    artifact.write(folder, FAMILY_MODEL, model, as_of=AS_OF, parameters=parameters, window=window)
    return folder


def profiles(count: int, of: Shop, popularity: Popularity, rng: np.random.Generator) -> list[dict[str, Any]]:
    """What is published of `count` customers, as large as it gets."""
    return [_profile(of, popularity, rng) for _ in range(count)]


def _profile(of: Shop, popularity: Popularity, rng: np.random.Generator) -> dict[str, Any]:
    wanted = OWN_KEPT + NEW_KEPT
    drawn = list(dict.fromkeys(popularity.draw(wanted * 8, rng).tolist()))[:wanted]
    ids = [of.catalogue.id(item) for item in rng.permutation(drawn)]
    chances = np.sort(rng.beta(1, 30, len(ids)).round(6))[::-1].tolist()
    own = [
        Owned(ids[i], chances[i], int(rng.integers(0, 300)), round(float(rng.uniform(5, 90)), 1))
        for i in range(OWN_KEPT)
    ]
    new = [Fresh(product, chance) for product, chance in zip(ids[OWN_KEPT:], chances[OWN_KEPT:], strict=True)]
    return Profile(as_of=AS_OF, own=own, new=new).model_dump(mode="json")


def _frame(n: int, rng: np.random.Generator) -> pd.DataFrame:
    levels = {name: rng.integers(0, n // size + 2, n) for name, size in LEVELS.items()}
    price = rng.lognormal(3, 1, n).round(2)
    market, organic, colour = rng.integers(0, len(MARKETS), n), rng.integers(0, 5, n), rng.integers(0, 12, n)
    return pd.DataFrame(
        {
            "product_id": [f"{number:08d}" for number in range(n)],
            "name": [
                f"Colour {c} kind {s} number {k}" for k, (c, s) in enumerate(zip(colour, levels["brand"], strict=True))
            ],
            **{name: [f"{name} {value}" for value in values] for name, values in levels.items()},
            "price": price,
            "cost": (price * rng.uniform(0.4, 0.9, n)).round(2),
            "active": rng.random(n) < 0.97,
            "attributes": [
                json.dumps({"market": MARKETS[m], "organic": o == 0, "colour": f"colour {c}"})
                for m, o, c in zip(market.tolist(), organic.tolist(), colour.tolist(), strict=True)
            ],
            "stock": np.where(rng.random(n) < 0.8, rng.integers(1, 200, n), 0).astype(float),
        }
    )


def _vectors(catalogue: Catalogue, rng: np.random.Generator) -> sparse.csr_matrix:
    """Words and levels, hashed and weighted as `content` does."""
    n = len(catalogue)
    tokens = [rng.permutation(SIZE)[: len(level.values)][level.codes] for level in catalogue.levels.values()]
    words = np.minimum(WORDS ** rng.random((WORDS_PER_ITEM, n)), WORDS).astype(np.int64)
    columns = np.concatenate([*tokens, *rng.permutation(SIZE)[words]])
    counts = np.concatenate([np.full(len(tokens) * n, 2.0), np.ones(WORDS_PER_ITEM * n)])
    rows = np.tile(np.arange(n), len(tokens) + WORDS_PER_ITEM)
    rarity = np.log((1 + n) / (1 + np.bincount(columns, minlength=SIZE))) + 1
    values = (1 + np.log(counts)) * rarity[columns]
    vectors = sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=(n, SIZE))
    vectors.data /= np.repeat(
        np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()), np.diff(vectors.indptr)
    )
    return vectors


def _visits(n: int, popularity: Popularity, rng: np.random.Generator) -> SessionKnn:
    """As many as a version keeps: half of what is looked at is near the first product, half as it is bought."""
    lengths = rng.integers(2, MOST_VISIT + 1, MOST_VISITS)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    items = popularity.draw(int(offsets[-1]), rng)
    near = rng.random(len(items)) < 0.5
    items[near] = (np.repeat(items[offsets[:-1]], lengths)[near] + rng.integers(0, 400, int(near.sum()))) % n
    return SessionKnn().fit(SessionLog(items, offsets, np.sort(rng.uniform(0, 365, MOST_VISITS)), n))


def _together(lines: np.ndarray, popularity: Popularity, rng: np.random.Generator) -> Together:
    pairs = Together()
    pairs.pairs_ = _partners(lines, pairs.neighbours, popularity, rng)
    pairs.counts_ = np.maximum(lines, 1)
    pairs.baskets_ = int(lines.sum()) // LINES_PER_BASKET
    both = np.minimum(np.repeat(lines, np.diff(pairs.pairs_.indptr)), lines[pairs.pairs_.indices])
    pairs.pairs_.data = np.maximum((both * rng.beta(1, 10, len(both))).astype(np.int64), pairs.support)
    return pairs


def _partners(lines: np.ndarray, most: int, popularity: Popularity, rng: np.random.Generator) -> sparse.csr_matrix:
    """Items × items: as many of each row as its `lines` tell of, at most `most`, the better known the likelier."""
    n = len(lines)
    degree = np.minimum(lines // PER_NEIGHBOUR, most)
    rows = np.repeat(np.arange(n), degree)
    others = popularity.draw(len(rows), rng)
    # Half of them are alike: near in the catalogue.
    near = rng.random(len(rows)) < 0.5
    others[near] = (rows[near] + rng.integers(1, 400, int(near.sum()))) % n
    some = (others != rows) & (lines[others] >= PER_NEIGHBOUR)
    return sparse.csr_matrix((np.ones(int(some.sum()), dtype=np.int64), (rows[some], others[some])), shape=(n, n))


def _ranker(seed: int) -> Ranker:
    rng = np.random.default_rng(seed)
    columns = [f"column_{number}" for number in range(20)]
    frame = pd.DataFrame(rng.normal(size=(5000, len(columns))), columns=columns)
    frame["group"], frame["label"] = np.arange(len(frame)) // 50, (frame["column_0"] > 1).astype(float)
    return Ranker.fit(frame, columns, "label", ["group"], seed, objective="binary")
