"""How much memory there is, and how much of it this process holds."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from functools import cache
from pathlib import Path
from typing import Any

_SHARE = 0.9
"""Of the machine's memory; the rest is the system's."""
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Of the container, in cgroups' second and first version."""
_STATM = Path("/proc/self/statm")


def available() -> int:
    """Bytes that this machine, or the container it runs in, may use."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text().strip() for path in _LIMITS if path.exists()]
    return int(_SHARE * min([machine, *(int(limit) for limit in limits if limit != "max")]))


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if _STATM.exists() else 0


def trim() -> None:
    """Give memory that was freed back to the system, where the C library can, so that `resident` is what is held."""
    if (library := _libc()) is not None:
        library.malloc_trim(0)


def gib(count: int) -> str:
    """A count of bytes as a person reads it."""
    return f"{count / (1 << 30):,.1f} GiB"


@cache
def _libc() -> Any:
    name = ctypes.util.find_library("c")
    library = ctypes.CDLL(name) if name else None
    return library if hasattr(library, "malloc_trim") else None
