"""`shopkeeper release`, `rollback` and `status`: what is live, changing it in one write, and A/B tests."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from cli import executions
from cli.console import Exit, done, fail, out
from cli.environment import Environment, connect
from commerce.families import discover
from commerce.families import family as family_spec

Family = Annotated[str, typer.Argument(help="model family, such as churn")]


def release(
    context: typer.Context,
    family: Family,
    version: Annotated[str, typer.Argument(help="a registered version")],
    share: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="of the visitors, such as 0.5: an A/B test of the version; else everybody"),
    ] = None,
) -> None:
    """Make a registered, accepted version everybody's, or try it on a share of the visitors.

    A visitor sees the same version for as long as the test runs. Release the version without a share to end the test
    in its favour, or roll back to end it in favour of the live one; an alarm of the family's endpoint does so too, and
    the next retraining puts its own version in the place of the one that is tried.
    """
    _known(family)
    if share is not None and not 0 < share < 1:
        fail("--share is of some visitors, above 0 and below 1; leave it out to release to everybody", Exit.USAGE)
    command: dict[str, Any] = {"family": family, "version": version}
    command |= {"action": "release"} if share is None else {"action": "canary", "share": share}
    answer = _change(connect(context.obj), command)
    if share is None:
        done(f"{family}: version {answer['champion']} is live (revision {answer['revision']})")
        return
    if answer["challenger"] != version:
        fail(f"{family}: version {version} is everybody's already; there is nothing to try it against", Exit.USAGE)
    others = f"version {answer['champion']}" if answer["champion"] else "the baseline"
    shown = f"{answer['share']:.0%} of the visitors see version {version}"
    done(f"{family}: {shown}, the others {others} (revision {answer['revision']})")


def rollback(
    context: typer.Context,
    family: Family,
    version: Annotated[str | None, typer.Argument(help="version to take back (default: the one that is live)")] = None,
) -> None:
    """Take the live version back: the one before it answers again, or the baseline where there was none."""
    _known(family)
    environment = connect(context.obj)
    live = pointers(environment).get(family)
    if live is None:
        fail(f"{family} was never released; there is nothing to roll back", Exit.USAGE)
    taken = version or live.get("challenger") or live.get("champion")
    if taken is None:
        fail(f"no version of {family} is live; the baseline answers", Exit.USAGE)
    answer = _change(environment, {"action": "roll_back", "family": family, "version": taken})
    now = f"version {answer['champion']}" if answer["champion"] else "the baseline"
    done(f"{family}: version {taken} is taken back; {now} answers (revision {answer['revision']})")


def status(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False
) -> None:
    """What is live per family, and the newest executions of the retrain workflow."""
    environment = connect(context.obj)
    live = pointers(environment)
    runs = executions.latest(environment)
    if as_json:
        body = {"releases": live, "executions": [{k: run[k] for k in ("name", "status", "startDate")} for run in runs]}
        out.print_json(json.dumps(body, default=str))
        return
    shown = Table("family", "live", "challenger", "share", "since", box=None, header_style="bold")
    for name in discover():
        pointer = live.get(name, {})
        share = f"{float(pointer.get('share', 0)):.0%}" if pointer.get("challenger") else "–"
        champion = pointer.get("champion") or "baseline"
        shown.add_row(name, champion, pointer.get("challenger") or "–", share, str(pointer.get("since", "–"))[:19])
    out.print(shown)
    history = Table("execution", "status", "started", box=None, header_style="bold")
    for run in runs:
        history.add_row(run["name"], run["status"], f"{run['startDate']:%Y-%m-%d %H:%M:%S}")
    out.print(history if runs else "no execution yet: shopkeeper retrain churn")


def pointers(environment: Environment) -> dict[str, dict[str, Any]]:
    """Release pointers by family, as plain values."""
    pages = environment.client("dynamodb").get_paginator("scan").paginate(TableName=environment.output("ReleasesTable"))
    items = [item for page in pages for item in page["Items"]]
    return {item["pk"]["S"]: {k: _plain(v) for k, v in item.items() if k not in ("pk", "artifacts")} for item in items}


def _change(environment: Environment, command: dict[str, Any]) -> dict[str, Any]:
    """Ask the release function, which alone writes pointers: the same rules hold here and in the workflow."""
    answer = environment.client("lambda").invoke(
        FunctionName=f"shopkeeper-{environment.name}-release", Payload=json.dumps(command).encode()
    )
    body = json.load(answer["Payload"])
    if "FunctionError" in answer:
        fail(body.get("errorMessage", "the release function failed"))
    return body


def _known(name: str) -> None:
    try:
        family_spec(name)
    except LookupError as error:
        fail(str(error), Exit.USAGE)


def _plain(value: dict[str, Any]) -> Any:
    """A scalar DynamoDB attribute as a Python value."""
    kind, content = next(iter(value.items()))
    return None if kind == "NULL" else content
