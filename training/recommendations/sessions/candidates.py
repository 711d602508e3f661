"""The items worth ranking for a running session, and what is known of each: several cheap models, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Self, cast

import numpy as np
import pandas as pd
from scipy import sparse

from training.recommendations.sessions import storage
from training.recommendations.sessions.embedding import Embedding
from training.recommendations.sessions.log import Prefixes, SessionLog
from training.recommendations.sessions.rows import inverse, largest, looked_up, ranks, row_max, scaled
from training.recommendations.sessions.session_knn import SessionKnn
from training.recommendations.sessions.transitions import LAST_ONLY, Transitions

Source = SessionKnn | Transitions | Embedding

_OWN = "own"

POPULARITY_DAYS = {"popularity_week": 5.0, "popularity_long": 60.0}
"""Half-lives of the weighted counts."""
VOTES = {"knn": 1.0, "knn_new": 0.5, "both": 0.5, "forward": 0.3, "near": 0.3, _OWN: 0.3}
"""Say of each source in what becomes a candidate."""


def sources(seed: int) -> dict[str, Source]:
    """The models, not yet fitted."""
    return {
        "knn": SessionKnn(half_life=30, power=1.5),
        "knn_new": SessionKnn(half_life=7, power=1.5),
        "knn_sharp": SessionKnn(half_life=60, power=3.0, prefix_decay=4.0),
        "both": Transitions("both", lag_decay=4.0),
        "forward": Transitions("forward", half_life=60.0),
        "backward": Transitions("backward", half_life=60.0),
        "next": Transitions("forward", max_lag=1, half_life=60.0, prefix_decay=LAST_ONLY),
        "before": Transitions("backward", max_lag=1, half_life=60.0, prefix_decay=LAST_ONLY),
        "near": Embedding(seed=seed),
    }


class Candidates:
    """`count` candidates per prefix; the models' randomness comes from `seed`."""

    def __init__(self, count: int = 100, seed: int = 0) -> None:
        self.count = count
        self.seed = seed

    def fit(self, log: SessionLog) -> Self:
        """Fit every source to the sessions."""
        self.sources_ = {name: model.fit(log) for name, model in sources(self.seed).items()}
        self.popularity_ = np.stack([_popularity(log, days) for days in POPULARITY_DAYS.values()])
        self.age_ = np.full(log.n_items, np.inf, dtype=np.float32)
        self.age_[log.items] = (log.times[-1] - log.times)[log.rows] if len(log) else 0
        return self

    def chosen(self, prefixes: Prefixes) -> tuple[np.ndarray, pd.DataFrame]:
        """Items (prefixes × count, −1 where there are fewer) and the features of each place, prefix by prefix."""
        found = {name: model.scores(prefixes) for name, model in self.sources_.items()}
        top = {name: row_max(matrix) for name, matrix in found.items()}
        own = prefixes.weights(1.0)
        votes = own * np.float32(VOTES[_OWN])
        for name in VOTES.keys() & found.keys():
            votes = votes + scaled(found[name], inverse(top[name]) * VOTES[name])
        items, vote = largest(sparse.csr_matrix(votes), self.count)
        features: dict[str, np.ndarray] = {"vote": vote}
        for name, matrix in found.items():
            values = looked_up(matrix, items)
            features[name] = values
            features[f"{name}_share"] = values * inverse(top[name])[:, None]
            features[f"{name}_rank"] = ranks(values)
        features |= self._items(items) | self._session(items, prefixes)
        flat = np.stack([values.astype(np.float32).ravel() for values in features.values()], axis=1)
        return items, pd.DataFrame(flat, columns=pd.Index(features))

    def save(self, folder: Path) -> None:
        """See `storage`."""
        storage.save(self, folder, _OWN)
        for name, model in self.sources_.items():
            storage.save(model, folder, name)

    @classmethod
    def load(cls, folder: Path, count: int, seed: int) -> Self:
        """What `save` wrote."""
        candidates = cls(count, seed)
        storage.load(candidates, folder, _OWN)
        candidates.sources_ = sources(seed)
        for name, model in candidates.sources_.items():
            storage.load(model, folder, name)
        return candidates

    def _items(self, items: np.ndarray) -> dict[str, np.ndarray]:
        counts = zip(POPULARITY_DAYS, self.popularity_, strict=True)
        return {name: count[items] for name, count in counts} | {"age": self.age_[items]}

    def _session(self, items: np.ndarray, prefixes: Prefixes) -> dict[str, np.ndarray]:
        """How each candidate relates to the events of its prefix. `steps_back` is −1 for items not in it."""
        lengths = prefixes.lengths
        row = np.repeat(np.arange(len(prefixes)), lengths)
        back = prefixes.offsets[1:][row] - 1 - np.arange(len(prefixes.items))
        shape = (len(prefixes), prefixes.n_items)
        times_had = sparse.csr_matrix((np.ones(len(row), dtype=np.float32), (row, prefixes.items)), shape=shape)
        newest = np.lexsort((back, prefixes.items, row))
        keys = row[newest] * shape[1] + prefixes.items[newest]
        first = newest[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else newest
        latest = sparse.csr_matrix(((back[first] + 1).astype(np.float32), (row[first], prefixes.items[first])), shape)
        vectors = cast(Embedding, self.sources_["near"]).vectors_
        last = prefixes.back(0)
        last_vector = np.where((last >= 0)[:, None], vectors[last], 0)
        mean = prefixes.weights(3.0) @ vectors
        mean = mean * inverse(np.linalg.norm(mean, axis=1))[:, None].astype(np.float32)
        places = vectors[items]
        distinct = np.diff(times_had.indptr)
        popularity = np.where(last >= 0, self.popularity_[-1][last], 0)
        wide = np.ones(items.shape[1])
        return {
            "steps_back": looked_up(latest, items) - 1,
            "times_had": looked_up(times_had, items),
            "length": np.outer(lengths, wide),
            "distinct": np.outer(distinct, wide),
            "last_popularity": np.outer(popularity, wide),
            "like_last": np.einsum("nkd,nd->nk", places, last_vector),
            "like_session": np.einsum("nkd,nd->nk", places, mean),
        }


def _popularity(log: SessionLog, half_life: float) -> np.ndarray:
    weights = log.recency(half_life)[log.rows]
    return np.bincount(log.items, weights, minlength=log.n_items).astype(np.float32)
