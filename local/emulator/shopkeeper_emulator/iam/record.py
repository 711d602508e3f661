"""Keeps what each role did, so that tests can compare what is used with what is granted."""

import json
import threading

from shopkeeper_emulator.settings import settings

_seen: set[tuple[str, str, str, bool]] = set()
_lock = threading.Lock()


def record(role: str, action: str, resource: str, allowed: bool) -> None:
    """Append the call to ``calls.jsonl``, unless the same one is there already."""
    call = (role, action, resource, allowed)
    if call in _seen:
        return
    with _lock:
        if call in _seen:
            return
        _seen.add(call)
        line = json.dumps({"role": role, "action": action, "resource": resource, "allowed": allowed})
        with (settings().root / "calls.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
