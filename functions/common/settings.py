"""What a shop changes of each model family: its parameters, and what its jobs run on."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel

from commerce.family import Family, Resources
from functions.common.environment import optional, setting


@cache
def _settings(text: str) -> dict[str, dict[str, Any]]:
    return json.loads(text)


def parameters(family: Family, override: dict[str, Any] | None = None) -> BaseModel:
    """The family's parameters: its defaults, over them the environment's `FAMILY_SETTINGS`, over them `override`.

    Raises `pydantic.ValidationError` where a value is not one the family takes.
    """
    return family.parameters.model_validate(
        _settings(setting("FAMILY_SETTINGS")).get(family.name, {}) | (override or {})
    )


def resources(family: Family) -> Resources:
    """What the family's jobs run on: the spec's, over them the environment's `FAMILY_RESOURCES`, where it is set."""
    return Resources.model_validate(
        family.resources.model_dump() | _settings(optional("FAMILY_RESOURCES", "{}")).get(family.name, {})
    )
