"""Campaigns, offers and rules as a shop writes them down: TOML with the fields of the API's own body."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cli.console import Exit, fail
from commerce.campaigns.campaign import NewCampaign
from commerce.campaigns.offer import OfferDefinition
from commerce.rules.book import NewRules


def campaign(path: Path) -> NewCampaign:
    """The campaign in a file. Leaves with a list of what is wrong with it."""
    return _checked(NewCampaign, read(path), path)


def offer(path: Path) -> tuple[str, OfferDefinition]:
    """The offer in a file, and its id. Leaves likewise."""
    found = read(path)
    id_ = found.pop("id", None)
    if not isinstance(id_, str):
        fail(f"{path} cannot be used:\n  id: Field required, as text", Exit.USAGE)
    return id_, _checked(OfferDefinition, found, path)


def rules(path: Path) -> NewRules:
    """The rules in a file. Leaves likewise."""
    return _checked(NewRules, read(path), path)


def read(path: Path) -> dict[str, Any]:
    """A TOML file's values; money stays exact."""
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        fail(f"there is no file {path}", Exit.USAGE)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail(f"{path} is not TOML: {error}", Exit.USAGE)


def _checked[Model: BaseModel](model: type[Model], values: dict[str, Any], path: Path) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg']}" for e in error.errors(include_url=False)]
        fail(f"{path} cannot be used:\n" + "\n".join(lines), Exit.USAGE)
