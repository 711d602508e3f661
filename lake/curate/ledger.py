"""Which raw files have been taken in. It only saves work: taking a file in again changes nothing."""

from __future__ import annotations

import hashlib
import json

from lake.stores import ConflictError, Store

_ATTEMPTS = 20


class Ledger:
    """Keys and tags of the raw files of one root that were taken in, kept as one JSON object in the lake."""

    def __init__(self, store: Store, raw_root: str) -> None:
        self._store = store
        self._key = f"_curation/ledger-{hashlib.sha256(raw_root.encode()).hexdigest()[:16]}.json"

    def read(self) -> dict[str, str]:
        """Tag by key."""
        return self._load()[0]

    def add(self, taken: dict[str, str]) -> None:
        """Note files as taken in; two curations at once lose neither's notes."""
        for _ in range(_ATTEMPTS):
            known, tag = self._load()
            merged = known | taken
            if merged == known:
                return
            try:
                self._store.put(self._key, json.dumps(merged, sort_keys=True).encode(), tag)
            except ConflictError:
                continue
            return
        raise TimeoutError(f"{self._store.uri(self._key)} kept changing; run the curation again")

    def _load(self) -> tuple[dict[str, str], str | None]:
        try:
            data, tag = self._store.read(self._key)
        except FileNotFoundError:
            return {}, None
        return json.loads(data), tag
