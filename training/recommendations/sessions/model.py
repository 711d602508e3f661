"""The next item of a running session: candidates of several models, ordered by trees that saw which item followed.

The trees learn from the newest sessions what the models, fitted to older ones, said of them; then the models are fitted
to everything. So the trees see the models as they are when asked: somewhat behind the shop.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from training.recommendations.ranker import Ranker
from training.recommendations.sessions.candidates import Candidates
from training.recommendations.sessions.log import Prefixes, SessionLog

_BATCH = 512
_GROUP, _LABEL = "prefix", "followed"
_PARAMETERS, _RANKER = "parameters.json", "ranker"


class NextItem:
    """`slice_days` of newest sessions teach the trees, from at most `queries` of their prefixes."""

    def __init__(
        self,
        slice_days: float = 7.0,
        count: int = 100,
        queries: int = 25_000,
        rounds: int = 150,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.slice_days = slice_days
        self.count = count
        self.queries = queries
        self.rounds = rounds
        self.seed = seed
        self.threads = threads

    def fit(self, sessions: Sequence[Sequence[Hashable]], times: np.ndarray) -> Self:
        """Learn from item ids (all text or all numbers), oldest event first, and each session's time in days.

        ValueError when no session of the newest `slice_days` continues with a candidate that older ones suggest.
        """
        flat = [item for session in sessions for item in session]
        self._know(np.unique(np.array(flat)))
        log = SessionLog.of([self._encode(s) for s in sessions], np.asarray(times), len(self.catalogue_))
        start = log.times[-1] - self.slice_days if len(log) else 0.0
        self.ranker_ = self._ranker(log.between(-np.inf, start), log.between(start, np.inf))
        self.candidates_ = Candidates(self.count, self.seed).fit(log)
        self._order_popular()
        return self

    def rank(self, prefixes: Sequence[Sequence[Hashable]], k: int) -> np.ndarray:
        """Ids of the k likeliest next items (prefixes × min(k, catalogue)), best first.

        Unknown ids in a prefix are passed over; what the candidates do not fill is filled with the most popular items
        of the last days.
        """
        k = min(k, len(self.catalogue_))
        encoded = Prefixes.of([self._encode(p) for p in prefixes], len(self.catalogue_))
        ordered = [self._ordered(batch) for batch in encoded.batches(_BATCH)]
        ranked = np.concatenate(ordered) if ordered else np.zeros((0, self.count), dtype=np.int64)
        return self.catalogue_[np.stack([self._filled(row, k) for row in ranked])] if len(ranked) else ranked[:, :k]

    def save(self, folder: Path) -> None:
        """Plain arrays, LightGBM's text and JSON."""
        parameters = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        (folder / _PARAMETERS).write_text(json.dumps(parameters, indent=1))
        np.save(folder / "catalogue.npy", self.catalogue_, allow_pickle=False)
        self.ranker_.save(folder, _RANKER)
        self.candidates_.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What `save` wrote."""
        model = cls(**json.loads((folder / _PARAMETERS).read_text()))
        model._know(np.load(folder / "catalogue.npy", allow_pickle=False))
        model.ranker_ = Ranker.load(folder, _RANKER)
        model.candidates_ = Candidates.load(folder, model.count, model.seed)
        model._order_popular()
        return model

    def _know(self, catalogue: np.ndarray) -> None:
        self.catalogue_ = catalogue
        self.position_ = {item: i for i, item in enumerate(catalogue.tolist())}

    def _encode(self, items: Sequence[Hashable]) -> np.ndarray:
        return np.array([self.position_[i] for i in items if i in self.position_], dtype=np.int64)

    def _order_popular(self) -> None:
        self.popular_ = np.argsort(-self.candidates_.popularity_[0], kind="stable")

    def _ranker(self, older: SessionLog, newer: SessionLog) -> Ranker:
        prefixes, following = Prefixes.next_items(newer)
        picked = np.random.default_rng(self.seed).permutation(len(prefixes))[: self.queries]
        prefixes, following = prefixes.picked(picked), following[picked]
        models = Candidates(self.count, self.seed).fit(older)
        frames, first = [], 0
        for batch in prefixes.batches(_BATCH):
            items, features = models.chosen(batch)
            hit = items == following[first : first + len(batch), None]
            taught = hit.any(axis=1)[:, None] & (items >= 0)
            group = np.broadcast_to(np.arange(first, first + len(batch))[:, None], items.shape)
            features[_GROUP], features[_LABEL] = group.ravel().astype(np.int32), hit.ravel().astype(np.int8)
            frames.append(features[taught.ravel()])
            first += len(batch)
        if not frames or not any(len(frame) for frame in frames):
            raise ValueError(
                f"no prefix of the last {self.slice_days:g} days' {len(newer)} sessions continues with an item that "
                f"the {len(older)} sessions before suggest; load older sessions or set fewer slice_days"
            )
        frame = pd.concat(frames, ignore_index=True)
        columns = [c for c in frame.columns if c not in (_GROUP, _LABEL)]
        return Ranker.fit(frame, columns, _LABEL, [_GROUP], self.seed, rounds=self.rounds, threads=self.threads)

    def _ordered(self, batch: Prefixes) -> np.ndarray:
        items, features = self.candidates_.chosen(batch)
        scores = np.where(items >= 0, self.ranker_.scores(features).reshape(items.shape), -np.inf)
        return np.take_along_axis(items, np.argsort(-scores, axis=1, kind="stable"), axis=1)

    def _filled(self, row: np.ndarray, k: int) -> np.ndarray:
        known = row[row >= 0][:k]
        if len(known) == k:
            return known
        popular = self.popular_[: len(known) + k]
        return np.concatenate([known, popular[~np.isin(popular, known)]])[:k]
