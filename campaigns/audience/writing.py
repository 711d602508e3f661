"""Member by member: who can be written to goes to `members.parquet`, who cannot is counted."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from campaigns import traits
from campaigns.audience.reach import Reach
from campaigns.members import SCHEMA

SAMPLED = 10


class MemberFile:
    """Takes the rows of `details` in their order and writes the eligible ones to `path`.

    `eligible` and `left_out` count them, `sample` holds a few drawn at random by `seed`, `spending` what each eligible
    customer spent in the window before the as-of date and in the one before that.
    """

    def __init__(self, path: Path, families: Sequence[str], seed: int) -> None:
        self.eligible = 0
        self.left_out: Counter[str] = Counter()
        self._reach = Reach()
        self._families = families
        self._seed = seed
        self._drawn: list[tuple[int, str, dict[str, Any]]] = []
        self._spending: list[np.ndarray] = []
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Write those of `rows` who can be written to."""
        kept = []
        for row in rows:
            reason = self._reach.left_out(row)
            if reason:
                self.left_out[reason] += 1
            else:
                kept.append(self._member(row))
        self.eligible += len(kept)
        self._spending.append(
            np.array([(r["pre_spend"], r["earlier_spend"]) for r in kept], dtype=float).reshape(-1, 2)
        )
        self._writer.write_table(pa.Table.from_pylist(kept, SCHEMA))
        for row in kept:
            self._draw(row)

    @property
    def sample(self) -> list[dict[str, Any]]:
        """At most `SAMPLED` rows of the file, in the order in which they were drawn."""
        return [row for _lot, _id, row in sorted(self._drawn, reverse=True)]

    @property
    def spending(self) -> tuple[np.ndarray, np.ndarray]:
        """(eligible,) each: money in the window before the as-of date, and in the one before that."""
        both = np.concatenate([np.empty((0, 2)), *self._spending])
        return both[:, 0], both[:, 1]

    def _member(self, row: dict[str, Any]) -> dict[str, Any]:
        scores = {f: answer for f in self._families if (answer := traits.parsed(row[f]))}
        texts = {"email": row["email"].strip(), "traits": json.dumps(traits.parsed(row["traits"]))}
        return {**row, **texts, "scores": json.dumps(scores)}

    def _draw(self, row: dict[str, Any]) -> None:
        digest = hashlib.sha256(f"sample|{self._seed}|{row['customer_id']}".encode()).digest()
        lot = (-int.from_bytes(digest[:8]), row["customer_id"], row)
        if len(self._drawn) < SAMPLED:
            heapq.heappush(self._drawn, lot)
        elif lot > self._drawn[0]:
            heapq.heapreplace(self._drawn, lot)
