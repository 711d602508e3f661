"""`shopkeeper retrain FAMILY`: run the workflow and follow it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from cli import executions
from cli.console import Exit, done, err, fail, out, progress
from cli.environment import Environment, connect
from commerce.families import family as family_spec

_CODES = {"Rejected": Exit.REJECTED, "NotReady": Exit.NOT_READY, "RolledBack": Exit.REJECTED, "Failed": Exit.FAILED}


def retrain(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="model family, such as churn")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="learn as if today were this day (default: today)")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE, overrides the shop's setting; repeatable")
    ] = None,
    wait: Annotated[bool, typer.Option(help="follow the execution to its end")] = True,
) -> None:
    """Retrain a family: check the data, prepare, train, evaluate, judge, register, release.

    Exit code 3 when the candidate was rejected, 4 when the data is not ready.
    """
    try:
        spec = family_spec(family)
        parameters = read_parameters(parameter or [])
        spec.parameters.model_validate(parameters)
    except (LookupError, ValueError) as error:
        fail(str(error), Exit.USAGE)
    environment = connect(context.obj)
    arn = executions.start(environment, family, as_of.date() if as_of else None, parameters)
    if not wait:
        out.print(arn)
        return
    ending = run(environment, arn)
    if ending.name != "Released":
        raise typer.Exit(_CODES[ending.name])


def run(environment: Environment, arn: str) -> executions.Ending:
    """Follow an execution on the terminal and say how it ended."""
    ending = follow(environment, arn, "retrain")
    _tell(ending)
    return ending


def follow(environment: Environment, arn: str, what: str) -> executions.Ending:
    """Follow an execution on the terminal, state by state."""
    with progress() as bar:
        task = bar.add_task(what, total=None)

        def entered(state: str) -> None:
            bar.update(task, description=f"{what}: {state}")

        return executions.follow(environment, arn, entered)


def read_parameters(pairs: list[str]) -> dict[str, Any]:
    """`["horizon_days=60"]` → `{"horizon_days": 60}`; a value that is not JSON is text."""
    parameters: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ValueError(f"{pair!r} is not NAME=VALUE")
        try:
            parameters[name] = json.loads(value)
        except json.JSONDecodeError:
            parameters[name] = value
    return parameters


def _tell(ending: executions.Ending) -> None:
    run_id = ending.data.get("run", {}).get("run_id", "")
    if ending.name == "Released":
        done(f"Released after {ending.seconds:.0f} s (run {run_id})")
    else:
        err.print(f"[yellow]{ending.name}[/yellow] after {ending.seconds:.0f} s (run {run_id})", highlight=False)
    for reason in ending.reasons:
        out.print(f"  · {reason}", highlight=False)
