"""Builds the OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0) from the pydantic schemas. Deterministic."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from commerce.events import PROPERTIES
from commerce.families import discover
from commerce.scores import BatchGetRequest, BatchGetResponse, CustomerScores, ErrorResponse
from functions.openapi.tracking import KINDS, Accepted, Batch, InvalidEvent, message_model

REFERENCE = "#/components/schemas/{model}"
VERSION = "1"

Json = dict[str, Any]


def build() -> Json:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shopkeeper",
            "version": VERSION,
            "description": "Events in, as Segment's tracking API takes them; what the models say of a customer out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "events", "description": "what happens in the shop"},
            {"name": "scores", "description": "what the models say"},
        ],
        "paths": _tracking_paths() | _score_paths() | _openapi_path(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "writeKey": {"type": "http", "scheme": "basic", "description": "user: the write key; no password"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _schemas() -> Json:
    inputs: list[type[BaseModel]] = [BatchGetRequest, Batch, *(message_model(kind) for kind in KINDS)]
    inputs += dict.fromkeys(PROPERTIES.values())
    outputs: list[type[BaseModel]] = [ErrorResponse, Accepted, InvalidEvent, CustomerScores, BatchGetResponse]
    outputs += [family.answer for family in discover().values()]
    models = [(m, "validation") for m in inputs] + [(m, "serialization") for m in outputs]
    _, definitions = models_json_schema(cast(Any, models), ref_template=REFERENCE)
    schemas: Json = definitions["$defs"]
    # An answer of each family in its own shape; a family that is added later may be met by an older client.
    schemas["CustomerScores"]["properties"]["scores"] |= {
        "properties": {f.name: _ref(f.answer) for f in discover().values() if f.entity == "customer"},
    }
    # Names of events are data, which JSON Schema cannot branch on readably: the catalogue stands beside the schema.
    for name in ("Track", "TrackCall"):
        schemas[name]["x-properties-by-event"] = {event: _ref(model) for event, model in PROPERTIES.items()}
    return dict(sorted(schemas.items()))


def _tracking_paths() -> Json:
    paths: Json = {}
    for kind in (*KINDS, "batch"):
        model = Batch if kind == "batch" else message_model(kind)
        single = {} if kind == "batch" else {"400": _answer("not a valid message; kept with the reasons", InvalidEvent)}
        paths[f"/v1/{kind}"] = {
            "post": {
                "tags": ["events"],
                "operationId": kind,
                "summary": _summary(model),
                "security": [{"writeKey": []}, {}],
                "requestBody": {
                    "required": True,
                    "description": "At most 500 KB after unpacking, also with Content-Encoding: gzip or as text/plain.",
                    "content": {"application/json": {"schema": _ref(model)}},
                },
                "responses": {
                    "200": _answer("kept; what was refused is listed with its reasons", Accepted),
                    "400": _answer("not a body of this kind", ErrorResponse),
                    "401": _answer("no write key, or one that is unknown or disabled", ErrorResponse),
                    "413": _answer("more than 500 KB", ErrorResponse),
                    "503": _later("could not be kept; the same call again is safe"),
                }
                | single
                | _gateway(),
            }
        }
    return paths


def _score_paths() -> Json:
    one_id = {"name": "id", "in": "path", "required": True, "description": "the shop's id of the customer"}
    one_id["schema"] = cast(Any, {"type": "string", "minLength": 1, "maxLength": 255})
    chosen = {"name": "families", "in": "query", "description": "families, separated by commas; else all"}
    chosen |= cast(Any, {"schema": {"type": "array", "items": {"type": "string"}}, "style": "form", "explode": False})
    errors: Json = {
        "400": _answer("the request is not valid; the message says where", ErrorResponse),
        "404": _answer("no such family; the message lists those there are", ErrorResponse),
    }
    errors |= _gateway()
    return {
        "/v1/customers/{id}/scores": {
            "get": {
                "tags": ["scores"],
                "operationId": "getScores",
                "summary": "What the models say of one customer.",
                "description": "Always answers: a customer no model knows gets the family's baseline, marked so.",
                "security": [{"apiKey": []}],
                "parameters": [one_id, chosen],
                "responses": {"200": _answer("answers by family", CustomerScores)} | errors,
            }
        },
        "/v1/scores:batchGet": {
            "post": {
                "tags": ["scores"],
                "operationId": "batchGetScores",
                "summary": "What the models say of up to 100 customers.",
                "security": [{"apiKey": []}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _ref(BatchGetRequest)}},
                },
                "responses": {"200": _answer("in the order asked, each customer once", BatchGetResponse)} | errors,
            }
        },
    }


def _openapi_path() -> Json:
    document = {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}
    operation = {"operationId": "openapi", "summary": "This document.", "security": [], "responses": {"200": document}}
    return {"/v1/openapi.json": {"get": operation | {"responses": {"200": document} | _gateway()}}}


def _gateway() -> Json:
    """Answers of API Gateway itself, whatever the route."""
    return {
        "403": _answer("no API key, an unknown one, or refused by the firewall", ErrorResponse),
        "415": _answer("not a media type that this route takes", ErrorResponse),
        "429": _later("too many requests"),
        "500": _answer("something went wrong on our side", ErrorResponse),
        "504": _answer("no answer in time", ErrorResponse),
    }


def _later(description: str) -> Json:
    retry = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}}}
    return _answer(description, ErrorResponse) | {"headers": retry}


def _answer(description: str, model: type[BaseModel]) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(model)}}}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]
