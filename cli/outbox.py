"""`shopkeeper outbox`: the mail that the laptop cloud sent, and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli import mailbox
from cli.console import Exit, done, fail, out
from cli.environment import LOCAL, connect, outbox_url
from cli.mailbox import Mail


def outbox(
    context: typer.Context,
    last: Annotated[int, typer.Option(min=1, help="the newest so many")] = 10,
    html: Annotated[Path | None, typer.Option(help="write each of them as a page into this folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Mail that the local cloud sent. It was delivered to nobody."""
    if context.obj != LOCAL:
        fail("only the local cloud keeps its mail; in AWS it is delivered", Exit.USAGE)
    connect(context.obj)
    url = outbox_url()
    known = list(mailbox.mails(url, bodies=False))
    newest = [mailbox.mail(url, one.id) for one in known[-last:]]
    if as_json:
        out.print_json(json.dumps([_plain(mail) for mail in newest]))
    else:
        out.print(_table(newest) if newest else "no mail yet")
        if len(known) > len(newest):
            out.print(f"and {len(known) - len(newest):,} before", style="dim", highlight=False)
    if html is not None:
        html.mkdir(parents=True, exist_ok=True)
        for mail in newest:
            (html / f"{_file_name(mail)}.html").write_text(mailbox.followable(mail.html, url), encoding="utf-8")
        if not as_json:
            done(f"{len(newest)} pages written to {html}")


def _table(found: list[Mail]) -> Table:
    shown = Table("sent", "to", "subject", "campaign", "arm", box=None, header_style="bold")
    for mail in found:
        tags = (mail.tags.get("campaign", "–"), mail.tags.get("arm", "–"))
        shown.add_row(f"{mail.at:%Y-%m-%d %H:%M:%S}", escape(mail.to), escape(mail.subject), *tags)
    return shown


def _plain(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "at": mail.at.isoformat(),
        "to": mail.to,
        "subject": mail.subject,
        "tags": mail.tags,
        "headers": [[name, str(value)] for name, value in mail.message.items()],
    }


def _file_name(mail: Mail) -> str:
    """The mail's id, of which only what a file's name may hold."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in mail.id)
