"""What the sections of the document are made of: operations, parameters, bodies, answers.

A schema is written down as the model and whether it is taken or given (`Use`); `document` gathers all of them and puts
references in their places, so that no model is listed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from commerce.scores import ErrorResponse

Json = dict[str, Any]
API_KEY: Json = {"apiKey": []}
NO_KEY: list[Json] = []


@dataclass(frozen=True, slots=True)
class Use:
    """A model's schema as requests have it (`validation`) or as answers do (`serialization`)."""

    model: type[BaseModel]
    mode: Literal["validation", "serialization"]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several schemas, told apart by what the field `by` says."""

    by: str
    of: Mapping[str, Use]


@dataclass(frozen=True, slots=True)
class Section:
    """The routes of one tag."""

    name: str
    description: str
    paths: Json

    @property
    def tag(self) -> Json:
        """As the document lists it."""
        return {"name": self.name, "description": self.description}


def operation(
    tag: str,
    id_: str,
    summary: str,
    *,
    answers: Mapping[str, Json],
    body: Json | None = None,
    parameters: Iterable[Json] = (),
    description: str = "",
    security: list[Json] | None = None,
) -> Json:
    """One method of a path; an API key is needed where `security` says nothing else."""
    made: Json = {"tags": [tag], "operationId": id_, "summary": summary}
    if description:
        made["description"] = description
    made["security"] = [API_KEY] if security is None else security
    if given := list(parameters):
        made["parameters"] = given
    if body is not None:
        made["requestBody"] = body
    return made | {"responses": {**answers, **gateway()}}


def body(model: type[BaseModel], description: str = "", *, required: bool = True) -> Json:
    """A JSON body."""
    made: Json = {"required": required}
    if description:
        made["description"] = description
    return made | {"content": {"application/json": {"schema": Use(model, "validation")}}}


def answer(description: str, model: type[BaseModel], headers: Json | None = None) -> Json:
    """A JSON answer."""
    made: Json = {"description": description}
    if headers:
        made["headers"] = headers
    return made | {"content": {"application/json": {"schema": Use(model, "serialization")}}}


def error(description: str) -> Json:
    """An answer in the one shape of errors."""
    return answer(description, ErrorResponse)


def later(description: str) -> Json:
    """An error that says when to try again."""
    return error(description) | {"headers": header("Retry-After", "seconds to wait", {"type": "integer"})}


def header(name: str, description: str, schema: Json) -> Json:
    """A header of an answer."""
    return {name: {"description": description, "schema": schema}}


def path(name: str, description: str, schema: Json) -> Json:
    """A name in the path."""
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def query(name: str, description: str, schema: Json, *, required: bool = False, **more: Any) -> Json:
    """A parameter of the query string."""
    made = {"name": name, "in": "query", "description": description, "schema": schema, **more}
    return made | {"required": True} if required else made


def gateway() -> Json:
    """Answers of API Gateway itself, whatever the route."""
    return {
        "403": error("no API key, an unknown one, or refused by the firewall"),
        "415": error("not a media type that this route takes"),
        "429": later("too many requests"),
        "500": error("something went wrong on our side"),
        "504": error("no answer in time"),
    }


def summary(model: type[BaseModel]) -> str:
    """First line of a model's own description."""
    return (model.__doc__ or "").strip().splitlines()[0]
