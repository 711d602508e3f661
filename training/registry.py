"""The families that can be trained: every package of this folder that exports `FAMILY_MODEL`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import training
from training.contract import ModelFamily

_SHARED = {"assessing", "entrypoints", "streaming"}


def names() -> list[str]:
    """Names of the families, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(training.__path__) if m.ispkg and m.name not in _SHARED)


def model_family(name: str) -> ModelFamily:
    """The implementation of the family called `name`; LookupError, listing those there are, when there is none."""
    if name not in names():
        raise LookupError(f"there is no model family {name!r} in training/; there are: {', '.join(names()) or 'none'}")
    found = getattr(import_module(f"training.{name}"), "FAMILY_MODEL", None)
    if not isinstance(found, ModelFamily) or found.spec.name != name:
        raise TypeError(f"training/{name}/__init__.py must export FAMILY_MODEL, a ModelFamily named {name!r}")
    return found
