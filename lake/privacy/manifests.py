"""Lists of files that say how many lines each has: they stay right when a file loses some."""

from __future__ import annotations

import json
import re

from lake.privacy.bucket import Bucket
from lake.stores import ConflictError

_ATTEMPTS = 20
_SCORES = re.compile(r"^(runs/[^/]+/[^/]+/scores)/(part-[^/]+)$")


def recount(bucket: Bucket, key: str, lines: int) -> None:
    """Note how many `lines` the file `key` is about to have, where a manifest lists it.

    Before the file is replaced: a kill in between leaves a file that still names the customer, and so is found again.
    """
    if found := _SCORES.match(key):
        manifest, listed = f"{found[1]}/manifest.json", found[2]
    elif key.startswith("letters/") and len(key.split("/")) > 3:
        _, campaign, run, *_ = key.split("/")
        manifest, listed = f"campaigns/{campaign}/{run}/allocation/manifest.json", key
    else:
        return
    for _ in range(_ATTEMPTS):
        present = bucket.read(manifest)
        if present is None:
            return
        items = json.loads(present[0])
        changed = [i | {"rows": lines} if i.get("key") == listed else i for i in items]
        if changed == items:
            return
        try:
            bucket.replace(manifest, json.dumps(changed, indent=1).encode(), present[1])
        except ConflictError:
            continue
        return
    raise TimeoutError(f"{manifest} kept changing; ask for the erasure again")
