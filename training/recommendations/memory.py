"""How much memory the graph filter takes, known before it is fitted, and a refusal where the machine has less.

With n users, m items, z interactions, rank r (k = r + 10 columns of the random sketch) and b users scored at a time by
each of t threads, in bytes:

- graph: 2 · 8z + 4 (n + m + 2), the normalised matrix and its transpose (float32 values, int32 columns)
- input: 8z + 4 (n + 1), the caller's matrix
- sketch: 4k · (2 max(n, m) + 2 (n + m)), the randomised SVD's power iterations with their LU factors
- scoring: 4 · 6 t b m, dense columns of items

The largest items are exact in kind, not to the byte; what Python and its libraries take comes on top (`BASE`).
"""

from __future__ import annotations

from dataclasses import dataclass

from training.contract import TrainingError
from training.memory import available, gib

BASE = 250 << 20
"""Bytes of the interpreter with numpy, scipy and scikit-learn loaded."""
OVERSAMPLES = 10
_COLUMNS = 6
"""Dense (items, users) arrays that one thread holds while it scores."""


@dataclass(frozen=True, slots=True)
class Size:
    """What the memory depends on."""

    users: int
    items: int
    interactions: int
    rank: int
    batch: int = 128
    threads: int = 1

    def bytes(self) -> int:
        """Peak of fitting and scoring, the larger of both."""
        n, m, z = self.users, self.items, self.interactions
        held = BASE + 24 * z + 4 * (2 * n + m + 3)
        sketch = 4 * (self.rank + OVERSAMPLES) * (2 * max(n, m) + 2 * (n + m)) if self.rank else 0
        scoring = 4 * self.rank * m + 4 * _COLUMNS * self.threads * self.batch * m
        return held + max(sketch, scoring)


def check(size: Size, limit: int | None = None) -> None:
    """Nothing where `size` fits into `limit` bytes (by default what is available); TrainingError where it does not."""
    limit = available() if limit is None else limit
    needed = size.bytes()
    if needed <= limit:
        return
    rank = _largest_rank(size, limit)
    remedy = f"take rank {rank} at most, or" if rank else "even without a low-pass it does not fit:"
    raise TrainingError(
        f"the graph filter needs {gib(needed)} for {size.users:,} users, {size.items:,} items, "
        f"{size.interactions:,} interactions and rank {size.rank}, and may use {gib(limit)}: {remedy} "
        "train on a machine with more memory, or on a shorter history"
    )


def _largest_rank(size: Size, limit: int) -> int:
    """The highest rank that fits, 0 for none; memory rises with the rank, so halving finds it."""
    low, high = 0, size.rank
    while low < high:
        middle = (low + high + 1) // 2
        tried = Size(size.users, size.items, size.interactions, middle, size.batch, size.threads)
        low, high = (middle, high) if tried.bytes() <= limit else (low, middle - 1)
    return low
