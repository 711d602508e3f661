"""`shopkeeper <collection>-<list>`, such as `stock-recommendations`: what is worth doing, the most valuable first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.api import rankings
from cli.console import Exit, done, fail, out
from cli.environment import connect
from commerce.families import discover
from commerce.family import Family
from commerce.rankings import MOST_ROWS, RankedPage, Ranking


def commands() -> Iterator[tuple[str, Callable[..., None]]]:
    """A verb for the list of each family that has one."""
    for family in discover().values():
        if family.ranking:
            yield f"{family.collection}-{family.ranking.path}", _command(family, family.ranking)


def _command(family: Family, ranking: Ranking) -> Callable[..., None]:
    def ranked(
        context: typer.Context,
        limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="rows to show")] = 10,
        where: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, such as action=order; repeatable")] = None,
        ascending: Annotated[bool, typer.Option(help="the least valuable first")] = False,
        csv: Annotated[Path | None, typer.Option(help="write the whole list to this file instead")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
    ) -> None:
        asked = {"sort": ranking.by if ascending else f"-{ranking.by}"} | _filters(ranking, where or [])
        environment = connect(context.obj)
        if csv is not None:
            with csv.open("wb") as file:
                file.writelines(rankings.sheet(environment, family, ranking, asked))
            done(f"written to {csv}")
            return
        found = rankings.page(environment, family, ranking, asked | {"limit": str(limit)})
        if as_json:
            out.print_json(found.model_dump_json())
        else:
            show(found, ranking)

    ranked.__doc__ = f"{ranking.summary} From the released version."
    return ranked


def show(found: RankedPage, ranking: Ranking) -> None:
    """Each row in two lines, of how many there are, and who answered: a sheet has more columns than a terminal."""
    for place, row in enumerate(found.rows, start=1):
        named = [str(row[name]) for name in ("product_id", *ranking.filters) if row.get(name)]
        worth = f"{ranking.by.replace('_', ' ')} {row[ranking.by]:,.2f} {row.get('currency') or ''}".strip()
        out.print(f"{place:>3}. [bold]{escape(' '.join(named))}[/bold], {escape(worth)}", highlight=False)
        out.print(f"     {escape(str(row.get('reason') or ''))}", highlight=False)
    if found.reason:
        out.print(escape(found.reason), highlight=False)
    who = f"{found.source} {found.version or ''}".strip()
    when = f", as of {found.as_of}" if found.as_of else ""
    out.print(f"{len(found.rows)} of {found.total} from {who}{when}", style="dim", highlight=False)


def _filters(ranking: Ranking, where: list[str]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in where]
    for pair, (name, equals, _value) in zip(where, pairs, strict=True):
        if not equals or name not in ranking.filters:
            fail(f"{escape(pair)!r} is not NAME=VALUE with a name of {', '.join(ranking.filters)}", Exit.USAGE)
    return {name: value for name, _, value in pairs}
