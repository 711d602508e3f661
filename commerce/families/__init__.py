"""The model families of this shop: every module of this folder that exports `FAMILY`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from commerce.family import Family


@cache
def discover() -> dict[str, Family]:
    """All families by name, in alphabetical order. A module without a spec is an error, not an oversight to pass by."""
    found: dict[str, Family] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        spec = getattr(import_module(f"{__name__}.{module.name}"), "FAMILY", None)
        if not isinstance(spec, Family) or spec.name != module.name:
            raise TypeError(f"commerce/families/{module.name}.py must export FAMILY, a Family named {module.name!r}")
        found[spec.name] = spec
    published = {name for name, spec in found.items() if spec.publishes}
    for name, spec in found.items():
        if unknown := set(spec.upstream) - (published - {name}):
            raise TypeError(f"family {name} cannot read what {', '.join(sorted(unknown))} publishes: there is nothing")
        context = spec.assessment.context if spec.assessment else None
        if context and not ((of := found.get(context.family)) and of.scored and of.mode == "table"):
            raise TypeError(
                f"family {name} cannot decide by {context.family}: that says nothing of customers in a table"
            )
    return found


def family(name: str) -> Family:
    """The family called `name`; LookupError, listing those there are, when there is none."""
    families = discover()
    if name not in families:
        raise LookupError(f"there is no model family {name!r}; there are: {', '.join(families) or 'none'}")
    return families[name]
