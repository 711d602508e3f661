"""What else knows an object that was rewritten: the ledger of curated files, and this machine's copies."""

from __future__ import annotations

from lake.curate.ledger import Ledger
from lake.privacy.bucket import Bucket
from lake.privacy.places import LAKE, RAW
from lake.s3 import S3Store
from lake.stores import Store, open_store


class Mirror:
    """Objects rewritten so far. Nothing breaks where this is not told: it saves work and disk."""

    def __init__(self) -> None:
        self._raw: dict[str, dict[str, tuple[str, str]]] = {}
        self._stale: dict[str, set[str]] = {}
        self._stores: dict[str, Store] = {}

    def replaced(self, bucket: Bucket, key: str, old: str, new: str) -> None:
        """An object was put in place of another."""
        if bucket.role != "lake":
            return
        if key.startswith(f"{RAW}/"):
            self._raw.setdefault(bucket.name, {})[key.removeprefix(f"{RAW}/")] = (old, new)
        elif key.startswith(f"{LAKE}/"):
            self._stale.setdefault(bucket.name, set()).add(key.removeprefix(f"{LAKE}/"))

    def forget(self) -> None:
        """Delete this machine's copies of tables that were rewritten; to be called when no job reads them any more."""
        for name, keys in self._stale.items():
            store = self._store(name)
            if isinstance(store, S3Store):
                for key in keys:
                    store.forget(key)

    def note_taken(self) -> None:
        """Raw files that were curated before need not be curated again: they only lost lines."""
        for name, files in self._raw.items():
            ledger = Ledger(self._store(name), f"s3://{name}/{RAW}")
            taken = ledger.read()
            same = {key: new for key, (old, new) in files.items() if taken.get(key) == old}
            if same:
                ledger.add(same)
        self._raw.clear()

    def _store(self, bucket: str) -> Store:
        if bucket not in self._stores:
            self._stores[bucket] = open_store(f"s3://{bucket}/{LAKE}")
        return self._stores[bucket]
