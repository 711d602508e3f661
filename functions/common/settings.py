"""The shop's own parameters of each model family."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel

from commerce.family import Family
from functions.common.environment import setting


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
