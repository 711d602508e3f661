"""`shopkeeper templates`: letters' templates, saved version by version, looked at, and sent as a test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from cli import pages
from cli.api import templates
from cli.api.http import ApiError
from cli.console import Exit, done, err, fail, out
from cli.environment import Environment, connect
from cli.starters import starters
from commerce.campaigns.template import (
    NewTemplate,
    PreviewRequest,
    Problem,
    RenderedLetter,
    SendTestRequest,
    TemplateList,
    TemplateSummary,
    TemplateVersion,
)  # fmt: skip
from commerce.campaigns.variables import Variable, VariableList

app = typer.Typer(help="Templates of letters: MJML with Liquid variables, in versions.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="the template's id, such as win-back")]
Json = Annotated[bool, typer.Option("--json", help="print the API's answer")]
Version = Annotated[int | None, typer.Option(help="(default: the newest)")]
Campaign = Annotated[str | None, typer.Option(help="a customer of this campaign's last preview, with its offer")]
Customer = Annotated[str | None, typer.Option(help="this customer, else the first of the campaign's preview")]
Offer = Annotated[str | None, typer.Option(help="with this offer")]
Subject = Annotated[str | None, typer.Option(help="over the template's own")]


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """The newest version of every template."""
    _list(templates.listed(connect(context.obj)), as_json)


@app.command()
def versions(context: typer.Context, template: Id, as_json: Json = False) -> None:
    """Every version of one template, with its author and comment."""
    _list(templates.versions(connect(context.obj), template), as_json)


@app.command()
def show(context: typer.Context, template: Id, version: Version = None, as_json: Json = False) -> None:
    """A template's MJML as it was saved."""
    found = templates.shown(connect(context.obj), template, version)
    if as_json:
        out.print_json(found.model_dump_json())
        return
    err.print(f"{found.id} version {found.version}: {escape(found.name)}", highlight=False)
    err.print(f"subject: {escape(found.subject)}", highlight=False)
    out.print(found.mjml, highlight=False, markup=False, soft_wrap=True)


@app.command()
def push(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="MJML with Liquid variables", exists=True, dir_okay=False)],
    id_: Annotated[str, typer.Option("--id", help="the template's id: lower-case letters, digits, -")],
    subject: Annotated[str, typer.Option(help="may hold variables")],
    name: Annotated[str, typer.Option(help="as marketers know it")],
    author: Annotated[str, typer.Option(help="who saves it", envvar="USER")],
    comment: Annotated[str, typer.Option(help="what is new")] = "",
    as_json: Json = False,
) -> None:
    """Save a template as its next version. Exit code 5 when it is not right; then nothing is saved."""
    try:
        new = NewTemplate(name=name, subject=subject, mjml=file.read_text("utf-8"), author=author, comment=comment)
    except (ValidationError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be saved: {error}", Exit.USAGE)
    saved = save(connect(context.obj), id_, new)
    if as_json:
        out.print_json(saved.model_dump_json())
    else:
        _tell(saved)


@app.command("push-starters")
def push_starters(
    context: typer.Context,
    author: Annotated[str, typer.Option(help="who saves them", envvar="USER")],
) -> None:
    """Save the starter templates: win-back, thank-you, new arrivals, replenishment. Again, it changes nothing."""
    environment = connect(context.obj)
    for starter in starters():
        _tell(save(environment, starter.id, starter.template(author)))


@app.command()
def preview(
    context: typer.Context,
    template: Id,
    version: Version = None,
    campaign: Campaign = None,
    customer: Customer = None,
    offer: Offer = None,
    subject: Subject = None,
    html: Annotated[Path | None, typer.Option(help="write the letter as a page here")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="open the page in a browser")] = False,
    as_json: Json = False,
) -> None:
    """The letter as one customer would get it; a made-up one where no campaign and no customer is named."""
    request = PreviewRequest(
        version=version, campaign_id=campaign, customer_id=customer, offer_id=offer, subject=subject
    )
    letter = templates.preview(connect(context.obj), template, request)
    if as_json:
        out.print_json(letter.model_dump_json())
    else:
        _show(letter)
    file = html or (Path(".shopkeeper") / f"preview-{template}.html" if open_page else None)
    if file is not None:
        pages.write(letter.html, file, quiet=as_json)
    if open_page and file is not None:
        pages.show(file)


@app.command()
def test(
    context: typer.Context,
    template: Id,
    to: Annotated[str, typer.Option(help="address of the shop's own")],
    version: Version = None,
    campaign: Campaign = None,
    customer: Customer = None,
    offer: Offer = None,
    subject: Subject = None,
) -> None:
    """Really send the previewed letter to one address, marked as a test."""
    try:
        request = SendTestRequest(
            to=to, version=version, campaign_id=campaign, customer_id=customer, offer_id=offer, subject=subject
        )
    except ValidationError:
        fail(f"{to!r} is no address", Exit.USAGE)
    sent = templates.send_test(connect(context.obj), template, request)
    done(f"sent to {to} ({sent.message_id})")


@app.command()
def variables(context: typer.Context, as_json: Json = False) -> None:
    """What a template may name, with types and examples."""
    found = templates.variables(connect(context.obj))
    if as_json:
        out.print_json(VariableList(variables=found).model_dump_json())
    else:
        out.print(_variables(found))


def save(environment: Environment, id_: str, new: NewTemplate) -> TemplateVersion:
    """Save a template, or leave with what is wrong with it."""
    try:
        return templates.save(environment, id_, new)
    except ApiError as error:
        if error.code != "invalid_template":
            raise
        for problem in error.body.get("problems", []):
            _problem(Problem.model_validate(problem))
        fail(f"template {id_} is not saved: {error}", Exit.PROBLEMS)


def _list(found: list[TemplateSummary], as_json: bool) -> None:
    if as_json:
        out.print_json(TemplateList(templates=found).model_dump_json())
        return
    shown = Table("template", "version", "name", "subject", "author", "saved", "comment", box=None, header_style="bold")
    for one in found:
        words = (escape(text) for text in (one.name, one.subject, one.author))
        shown.add_row(one.id, str(one.version), *words, f"{one.created_at:%Y-%m-%d %H:%M}", escape(one.comment))
    out.print(shown if found else "no template yet: shopkeeper templates push-starters")


def _tell(saved: TemplateVersion) -> None:
    size = f"{len(saved.html.encode()) / 1000:.0f} kB"
    done(f"template {saved.id}: version {saved.version}, {size}, uses {len(saved.variables)} variables")
    for problem in saved.problems:
        _problem(problem)


def _problem(problem: Problem) -> None:
    mark = "[red]✗[/red]" if problem.severity == "error" else "[yellow]![/yellow]"
    line = f"line {problem.line}: " if problem.line is not None else ""
    err.print(f"  {mark} {line}{escape(problem.message)} [dim]({problem.code})[/dim]", highlight=False)


def _show(letter: RenderedLetter) -> None:
    out.print(f"subject: {escape(letter.subject)}\n", highlight=False)
    out.print(letter.text, highlight=False, markup=False)
    if letter.made_up:
        err.print(f"made up: {', '.join(letter.made_up)}", style="dim", highlight=False)


def _variables(found: list[Variable]) -> Table:
    shown = Table("variable", "type", "what it says", "example", "always", box=None, header_style="bold")
    for one in found:
        example = ", ".join(map(str, one.example)) if isinstance(one.example, list) else str(one.example)
        shown.add_row(one.name, one.type, escape(one.doc), escape(example) or "–", "yes" if one.always else "no")
    return shown
