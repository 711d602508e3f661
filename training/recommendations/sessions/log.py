"""Sessions as flat arrays, and prefixes of sessions as sparse rows of decaying weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class SessionLog:
    """Sessions oldest first. `items` holds catalogue positions, session s is `items[offsets[s]:offsets[s + 1]]`.

    `times` has one entry per session, in days; only differences matter.
    """

    items: np.ndarray
    offsets: np.ndarray
    times: np.ndarray
    n_items: int

    @staticmethod
    def of(sessions: Sequence[np.ndarray], times: np.ndarray, n_items: int) -> SessionLog:
        """From one array of catalogue positions per session. ValueError unless every session has its time."""
        if len(sessions) != len(times):
            raise ValueError(f"{len(sessions)} sessions, but {len(times)} times")
        lengths = np.array([len(s) for s in sessions], dtype=np.int64)
        order = np.argsort(times, kind="stable")
        flat = [sessions[i] for i in order]
        items = np.concatenate(flat).astype(np.int64) if flat else np.zeros(0, dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths[order])])
        return SessionLog(items, offsets, np.asarray(times, dtype=np.float64)[order], n_items)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def rows(self) -> np.ndarray:
        """The session of each entry of `items`."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def recency(self, half_life: float) -> np.ndarray:
        """Weight per session: 1 for the newest, half of it `half_life` days before."""
        return np.exp2((self.times - self.times[-1]) / half_life) if len(self) else np.zeros(0)

    def between(self, start: float, end: float) -> SessionLog:
        """Sessions with start ≤ time < end."""
        first, last = np.searchsorted(self.times, [start, end])
        offsets = self.offsets[first : last + 1]
        return SessionLog(
            self.items[offsets[0] : offsets[-1]], offsets - offsets[0], self.times[first:last], self.n_items
        )

    def pairs(self, lag: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Session, earlier item and later item of all entries `lag` places apart."""
        rows = self.rows
        together = rows[lag:] == rows[:-lag]
        return rows[lag:][together], self.items[:-lag][together], self.items[lag:][together]

    def incidence(self) -> sparse.csr_matrix:
        """Sessions × items, 1 where the session has the item."""
        matrix = sparse.csr_matrix(
            (np.ones(len(self.items), dtype=np.float32), (self.rows, self.items)), shape=(len(self), self.n_items)
        )
        matrix.data[:] = 1
        return matrix


@dataclass(frozen=True)
class Prefixes:
    """What is known of running sessions: prefix p is `items[offsets[p]:offsets[p + 1]]`, oldest event first."""

    items: np.ndarray
    offsets: np.ndarray
    n_items: int

    @staticmethod
    def of(prefixes: Sequence[np.ndarray], n_items: int) -> Prefixes:
        """From one array of catalogue positions per prefix; a prefix may be empty."""
        lengths = np.array([len(p) for p in prefixes], dtype=np.int64)
        items = np.concatenate(prefixes).astype(np.int64) if len(prefixes) else np.zeros(0, dtype=np.int64)
        return Prefixes(items, np.concatenate([[0], np.cumsum(lengths)]), n_items)

    @staticmethod
    def next_items(log: SessionLog) -> tuple[Prefixes, np.ndarray]:
        """Every proper prefix of every session, and the item that followed each."""
        prefixes, following = [], []
        for start, end in zip(log.offsets[:-1], log.offsets[1:], strict=True):
            for cut in range(start + 1, end):
                prefixes.append(log.items[start:cut])
                following.append(log.items[cut])
        return Prefixes.of(prefixes, log.n_items), np.array(following, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Events per prefix."""
        return np.diff(self.offsets)

    def back(self, steps: int) -> np.ndarray:
        """The item `steps` places before the last one, −1 where the prefix is shorter."""
        place = self.offsets[1:] - 1 - steps
        known = place >= self.offsets[:-1]
        found = np.full(len(self), -1, dtype=np.int64)
        found[known] = self.items[place[known]]
        return found

    def picked(self, places: np.ndarray) -> Prefixes:
        """These prefixes, in this order."""
        return Prefixes.of([self.items[self.offsets[i] : self.offsets[i + 1]] for i in places], self.n_items)

    def batches(self, size: int) -> Iterator[Prefixes]:
        """Consecutive parts of at most `size` prefixes."""
        for start in range(0, len(self), size):
            offsets = self.offsets[start : start + size + 1]
            yield Prefixes(self.items[offsets[0] : offsets[-1]], offsets - offsets[0], self.n_items)

    def weights(self, decay: float) -> sparse.csr_matrix:
        """Prefixes × items: exp(−steps before the last event / `decay`), summed where an item recurs."""
        rows = np.repeat(np.arange(len(self)), self.lengths)
        steps = self.offsets[1:][rows] - 1 - np.arange(len(self.items))
        values = np.exp(-steps / decay).astype(np.float32)
        return sparse.csr_matrix((values, (rows, self.items)), shape=(len(self), self.n_items))
