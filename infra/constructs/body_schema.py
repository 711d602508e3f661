"""A pydantic model's JSON schema as API Gateway's request validator takes it: draft 4, constraints only, in one piece.

What differs from pydantic's own (draft 2020-12): a bound that is itself excluded is a flag beside the bound, a constant
is a choice of one, and nested models stand where they are used, as API Gateway resolves no reference within a schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_NOT_CONSTRAINTS = ("title", "description", "default", "examples", "example", "format")
_EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_DEFINITIONS = "#/$defs/"


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Schema of `model` without annotations. Raises `ValueError` for a model that nests itself."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs", {})
    return _Writer(model.__name__, definitions).write(schema, ())


class _Writer:
    def __init__(self, model: str, definitions: Mapping[str, Any]) -> None:
        self._model = model
        self._definitions = definitions

    def write(self, node: Any, within: tuple[str, ...]) -> Any:
        """`node` in draft 4; `within` names the models that it stands in."""
        if isinstance(node, list):
            return [self.write(item, within) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            name = node["$ref"].removeprefix(_DEFINITIONS)
            if name in within:
                raise ValueError(f"{self._model} nests {name} in itself, which cannot be written out")
            return self.write(self._definitions[name], (*within, name))
        kept = {key: value for key, value in node.items() if key not in _NOT_CONSTRAINTS}
        properties = kept.pop("properties", None)
        kept = {key: self.write(value, within) for key, value in kept.items()}
        if "const" in kept:
            kept["enum"] = [kept.pop("const")]
        for flag, bound in _EXCLUSIVE.items():
            if flag in kept:
                kept |= {bound: kept[flag], flag: True}
        if properties is not None:
            # A property may itself be called `title`.
            kept["properties"] = {name: self.write(value, within) for name, value in properties.items()}
        return kept
