"""The verbs of campaigns."""

from __future__ import annotations

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import definitions
from cli.api import campaigns, http
from cli.api.http import ApiError
from cli.campaigns import following, measured, showing
from cli.console import Exit, done, err, fail, out
from cli.environment import Environment, connect
from commerce.campaigns.campaign import CampaignDefinition
from commerce.campaigns.lifecycle import Campaign, CampaignList

app = typer.Typer(help="Campaigns: from an audience to letters to their measured effect.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="the campaign's id, such as win-back")]
File = Annotated[Path, typer.Argument(help="TOML, such as cli/examples/win-back.toml")]
Json = Annotated[bool, typer.Option("--json", help="print the API's answer")]
Wait = Annotated[bool, typer.Option(help="follow it until it is over")]


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """Every campaign and how far it is."""
    found = campaigns.listed(connect(context.obj))
    if as_json:
        out.print_json(CampaignList(campaigns=found).model_dump_json())
    else:
        empty = "no campaign yet: shopkeeper campaigns create cli/examples/win-back.toml"
        out.print(showing.table(found) if found else empty)


@app.command()
def show(context: typer.Context, campaign: Id, as_json: Json = False) -> None:
    """What was decided, and what became of it."""
    found = campaigns.shown(connect(context.obj), campaign)
    if as_json:
        out.print_json(found.model_dump_json())
    else:
        showing.show(found)


@app.command()
def create(context: typer.Context, file: File, as_json: Json = False) -> None:
    """Make a campaign as a draft. Nothing is sent before it is started."""
    new = definitions.campaign(file)
    made = campaigns.create(connect(context.obj), new)
    _tell(made, f"campaign {made.id} is a {made.status}; next: shopkeeper campaigns preview {made.id}", as_json)


@app.command()
def change(context: typer.Context, file: File, as_json: Json = False) -> None:
    """Replace the definition of the draft whose id the file names."""
    wanted = definitions.campaign(file)
    environment = connect(context.obj)
    definition = CampaignDefinition.model_validate(wanted.model_dump(exclude={"id", "author"}))
    there = campaigns.shown(environment, wanted.id)
    changed = campaigns.change(environment, wanted.id, definition, there.revision)
    _tell(changed, f"campaign {changed.id} is changed", as_json)


@app.command()
def preview(context: typer.Context, campaign: Id, as_json: Json = False) -> None:
    """Find the audience and how small an effect it could show, without sending. Exit code 4 when nobody is left."""
    facts = following.preview(connect(context.obj), campaign)
    if as_json:
        out.print_json(facts.model_dump_json())
    else:
        showing.funnel(facts)
    if not facts.eligible:
        raise typer.Exit(Exit.NOT_READY)


@app.command()
def schedule(
    context: typer.Context,
    campaign: Id,
    at: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            help="when to start, such as 2026-05-04T09:00+02:00; UTC where no offset is given",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Start it at a time."""
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    made = campaigns.schedule(connect(context.obj), campaign, moment)
    _tell(made, f"campaign {made.id} starts at {moment.isoformat()}", as_json)


@app.command()
def start(context: typer.Context, campaign: Id, wait: Wait = False, as_json: Json = False) -> None:
    """Send it. Exit code 1 when it failed, or was paused or cancelled meanwhile; 4 when nobody could be written to."""
    _go(connect(context.obj), campaign, "start", wait, as_json)


@app.command()
def resume(context: typer.Context, campaign: Id, wait: Wait = False, as_json: Json = False) -> None:
    """Go on with one that was paused or failed: who has a letter gets no other."""
    _go(connect(context.obj), campaign, "resume", wait, as_json)


@app.command()
def pause(context: typer.Context, campaign: Id, as_json: Json = False) -> None:
    """Stop sending at the next letters."""
    paused = campaigns.act(connect(context.obj), campaign, "pause")
    _tell(paused, f"campaign {paused.id} is paused; go on with: shopkeeper campaigns resume {paused.id}", as_json)


@app.command()
def cancel(
    context: typer.Context,
    campaign: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    as_json: Json = False,
) -> None:
    """End it for good. Letters that were sent stay sent."""
    if not yes:
        typer.confirm(f"End campaign {campaign} for good?", abort=True, err=True)
    cancelled = campaigns.act(connect(context.obj), campaign, "cancel")
    _tell(cancelled, f"campaign {cancelled.id} is cancelled", as_json)


@app.command()
def results(
    context: typer.Context,
    campaign: Id,
    html: Annotated[Path | None, typer.Option(help="write the page with plots here")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="open the page with plots in a browser")] = False,
    as_json: Json = False,
) -> None:
    """What it did, as of the newest look. Exit code 4 when it was not measured yet."""
    try:
        answer = campaigns.results(connect(context.obj), campaign)
    except ApiError as error:
        if error.code != "no_result_yet":
            raise
        fail(str(error), Exit.NOT_READY)
    if as_json:
        out.print_json(answer.result.model_dump_json())
    else:
        measured.show(answer.result)
    if html:
        http.download(answer.page_url, html)
        if not as_json:
            done(f"page written to {html}")
    if open_page:
        webbrowser.open(html.resolve().as_uri() if html else answer.page_url)


def _go(environment: Environment, id_: str, action: Literal["start", "resume"], wait: bool, as_json: bool) -> None:
    campaign = campaigns.act(environment, id_, action)
    if not wait:
        following_ = f"follow it with: shopkeeper campaigns show {id_}"
        _tell(campaign, f"campaign {id_} is {campaign.status}; {following_}", as_json)
        return
    ended = following.follow(environment, id_)
    if as_json:
        out.print_json(ended.model_dump_json())
    else:
        showing.show(ended)
    if ended.status != "finished":
        raise typer.Exit(Exit.FAILED)
    if ended.looks_done == 0:
        raise typer.Exit(Exit.NOT_READY)
    if not as_json:
        measured.show(campaigns.results(environment, id_).result)


def _tell(campaign: Campaign, words: str, as_json: bool) -> None:
    if as_json:
        out.print_json(campaign.model_dump_json())
    else:
        done(words)
        if campaign.reason:
            err.print(f"  · {campaign.reason}", highlight=False, markup=False)
