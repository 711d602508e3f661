"""Who had what, how often or how much: ids of users and items beside one sparse matrix of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, load_npz, save_npz

from training.contract import TrainingError


@dataclass(frozen=True, slots=True)
class Interactions:
    """`matrix` (users, items) float32, weights above 0; row i is of `users[i]`, column j of `items[j]`, both sorted."""

    users: np.ndarray
    items: np.ndarray
    matrix: csr_matrix

    @classmethod
    def of(cls, users: Sequence[str], items: Sequence[str], weights: Sequence[float] | None = None) -> Self:
        """From pairs of ids, one per line (n,); weights of a pair's lines are summed, and are 1 where none are given.

        TrainingError when there is no pair, or a weight that is not a finite number above 0.
        """
        if len(users) == 0:
            raise TrainingError("there is no interaction to learn from: load orders or product views first")
        values = np.ones(len(users), np.float32) if weights is None else np.asarray(weights, np.float32)
        if not (np.isfinite(values) & (values > 0)).all():
            raise TrainingError("weights of interactions must be finite and above 0: leave out returns and empty lines")
        user_ids, rows = np.unique(np.asarray(users, dtype=str), return_inverse=True)
        item_ids, columns = np.unique(np.asarray(items, dtype=str), return_inverse=True)
        matrix = csr_matrix((values, (rows, columns)), (len(user_ids), len(item_ids)), dtype=np.float32)
        return cls(user_ids, item_ids, matrix)

    def once(self) -> Self:
        """The same pairs, each with weight 1."""
        matrix = self.matrix.copy()
        matrix.data = np.ones_like(matrix.data)
        return type(self)(self.users, self.items, matrix)

    def positions(self, items: Sequence[str]) -> np.ndarray:
        """Columns of item ids (n,), -1 for those that are not here."""
        wanted = np.asarray(items, dtype=str)
        near = np.minimum(np.searchsorted(self.items, wanted), len(self.items) - 1)
        return np.where(self.items[near] == wanted, near, -1)

    def rows(self, held: Sequence[Sequence[str]]) -> csr_matrix:
        """(n, items) float32: a row, of weights 1, for each user who has these items, in training or not.

        Items that are not here are left out; a user with none of them gets an empty row.
        """
        owners = np.repeat(np.arange(len(held)), [len(items) for items in held])
        columns = self.positions([item for items in held for item in items])
        known = columns >= 0
        rows = csr_matrix(
            (np.ones(int(known.sum()), np.float32), (owners[known], columns[known])), (len(held), len(self.items))
        )
        rows.data = np.ones_like(rows.data)
        return rows

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz` and `<name>.{users,items}.npy`: plain arrays."""
        save_npz(folder / f"{name}.npz", self.matrix, compressed=False)
        np.save(folder / f"{name}.users.npy", self.users, allow_pickle=False)
        np.save(folder / f"{name}.items.npy", self.items, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """What `save` wrote."""
        users, items = (np.load(folder / f"{name}.{ids}.npy", allow_pickle=False) for ids in ("users", "items"))
        return cls(users, items, csr_matrix(load_npz(folder / f"{name}.npz")))
