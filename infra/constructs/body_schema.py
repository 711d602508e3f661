"""A pydantic model's JSON schema as API Gateway's request validator takes it: draft 4, constraints only."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_NOT_CONSTRAINTS = ("title", "description", "default", "examples", "example")


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Schema of `model` without annotations. Raises `ValueError` for a nested model: draft 4 has no `$defs`."""
    schema = model.model_json_schema(by_alias=True)
    if "$defs" in schema:
        raise ValueError(f"{model.__name__} nests other models, which API Gateway's validator would need inlined")
    return _constraints(schema)


def _constraints(node: Any) -> Any:
    if isinstance(node, list):
        return [_constraints(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _NOT_CONSTRAINTS}
    properties = kept.pop("properties", None)
    kept = {key: _constraints(value) for key, value in kept.items()}
    if properties is not None:
        # A property may itself be called `title`.
        kept["properties"] = {name: _constraints(value) for name, value in properties.items()}
    return kept
