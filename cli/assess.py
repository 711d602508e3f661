"""`shopkeeper assess FAMILY`: a decision on an event over the API, as a shop would ask for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape

from cli.api import assessments
from cli.assessing import assessment, show
from cli.console import Exit, fail, out
from cli.environment import connect
from cli.retrain import read_parameters
from commerce.assessments.assessment import Assessment, EventQuestion


def assess(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="model family that decides on events, such as fraud")],
    file: Annotated[
        str | None, typer.Argument(help="an event as JSON, or several, one a line; - reads standard input")
    ] = None,
    event: Annotated[str | None, typer.Option(help="id of the event")] = None,
    customer: Annotated[str | None, typer.Option(help="id of the customer")] = None,
    more: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=JSON, such as amount=80, any field of the event; repeatable")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answers, one a line")] = False,
) -> None:
    """Decide on events: approve, review or block, with expected costs, rules and reasons. Options go over the file."""
    spec = assessment(family)
    try:
        options = {"event_id": event, "customer_id": customer} | read_parameters(more or [])
        given = {name: value for name, value in options.items() if value is not None}
        asked = [_question(spec, each | given) for each in (_events(file) if file else [{}])]
    except ValueError as error:
        fail(escape(str(error)), Exit.USAGE)
    environment = connect(context.obj)
    for question in asked:
        answer = assessments.assess(environment, family, question)
        if as_json:
            out.print(answer.model_dump_json(), highlight=False, markup=False, soft_wrap=True)
        else:
            show(answer)


def _events(file: str) -> Iterator[dict[str, Any]]:
    """Of a file that is one JSON object, or has one a line. Raises ValueError."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    try:
        found = [json.loads(text)]
    except json.JSONDecodeError:
        found = [_line(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not found or not all(isinstance(each, dict) for each in found):
        raise ValueError(f"{file}: an event is a JSON object, and several stand one a line")
    yield from found


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number} is not JSON: {error.msg}") from None


def _question(spec: Assessment, body: dict[str, Any]) -> EventQuestion:
    """As strict as the API. Raises ValueError."""
    try:
        return spec.question.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, each['loc'])) or spec.event_type}: {each['msg']}" for each in error.errors())
        raise ValueError("; ".join(lines)) from None
