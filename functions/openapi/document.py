"""Builds the OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0) from the pydantic schemas. Deterministic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from pydantic.json_schema import models_json_schema

from commerce.events import PROPERTIES, Track
from commerce.families import discover
from functions.openapi import (
    assessments,
    campaigns,
    events,
    monitoring,
    offers,
    privacy,
    questions,
    rankings,
    rules,
    scores,
    templates,
)
from functions.openapi.parts import NO_KEY, Json, OneOf, Use, gateway
from functions.openapi.tracking import message_model

REFERENCE = "#/components/schemas/{model}"
VERSION = "1"


def build() -> Json:
    """The whole document."""
    sections = [
        module.section()
        for module in (
            events,
            scores,
            rankings,
            questions,
            assessments,
            rules,
            monitoring,
            campaigns,
            templates,
            offers,
            privacy,
        )
    ]
    paths: Json = {}
    for section in sections:
        paths |= section.paths
    paths |= _openapi_path()
    answers = {family.name: Use(family.answer, "serialization") for family in discover().values()}
    properties = {event: Use(model, "validation") for event, model in PROPERTIES.items()}
    references, schemas = _schemas([*_uses(paths), *answers.values(), *properties.values()])
    # An answer of each family in its own shape; a family that is added later may be met by an older client.
    schemas["CustomerScores"]["properties"]["scores"] |= {
        "properties": {f.name: references[answers[f.name]] for f in discover().values() if f.scored},
    }
    # Names of events are data, which JSON Schema cannot branch on readably: the catalogue stands beside the schema.
    for model in (Track, message_model("track")):
        schemas[model.__name__]["x-properties-by-event"] = {event: references[use] for event, use in properties.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shopkeeper",
            "version": VERSION,
            "description": "Events in, as Segment's tracking API takes them; what the models say and answer out; "
            "campaigns that act on it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [section.tag for section in sections],
        "paths": _with_references(paths, references),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "writeKey": {"type": "http", "scheme": "basic", "description": "user: the write key; no password"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _schemas(uses: list[Use]) -> tuple[dict[Use, Json], Json]:
    """The reference of each use, and all schemas; a model that is taken otherwise than given has two."""
    distinct = list(dict.fromkeys(uses))
    pairs = cast(Any, [(use.model, use.mode) for use in distinct])
    found, definitions = models_json_schema(pairs, ref_template=REFERENCE)
    return {use: found[cast(Any, (use.model, use.mode))] for use in distinct}, definitions["$defs"]


def _uses(tree: Any) -> Iterator[Use]:
    if isinstance(tree, Use):
        yield tree
    elif isinstance(tree, OneOf):
        yield from tree.of.values()
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _uses(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _uses(value)


def _with_references(tree: Any, references: dict[Use, Json]) -> Any:
    if isinstance(tree, Use):
        return references[tree]
    if isinstance(tree, OneOf):
        mapping = {value: references[use]["$ref"] for value, use in tree.of.items()}
        choices = [references[use] for use in tree.of.values()]
        return {"oneOf": choices, "discriminator": {"propertyName": tree.by, "mapping": mapping}}
    if isinstance(tree, dict):
        return {key: _with_references(value, references) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_references(value, references) for value in tree]
    return tree


def _openapi_path() -> Json:
    document = {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}
    operation: Json = {"operationId": "openapi", "summary": "This document.", "security": NO_KEY}
    return {"/v1/openapi.json": {"get": operation | {"responses": {"200": document} | gateway()}}}
