"""`shopkeeper keys`: the write keys with which shops and apps send events."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

import typer
from rich.table import Table

from cli.console import Exit, done, fail, out
from cli.environment import Environment, connect
from commerce.events import FROM_SERVERS

_SERVERS = ", ".join(sorted(FROM_SERVERS))
app = typer.Typer(help="Write keys, with which a website or app sends events.", no_args_is_help=True)


@app.command()
def create(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="what will use it, such as website")],
    server: Annotated[
        bool, typer.Option("--server", help=f"a server of the shop's, which may send {_SERVERS} too")
    ] = False,
) -> None:
    """Make a write key. It is shown once; the table holds only its hash. A browser's key is public."""
    environment = connect(context.obj)
    out.print(made(environment, source, server=server), highlight=False)
    done(f"write key for {source}; send it as the basic-auth user of {environment.api_url}/v1/…")


@app.command("list")
def list_(context: typer.Context) -> None:
    """Sources, whose key it is, whether it is enabled, and the start of its hash."""
    environment = connect(context.obj)
    shown = Table(box=None, header_style="bold")
    for name in ("source", "holder", "enabled", "hash"):
        shown.add_column(name)
    pages = environment.client("dynamodb").get_paginator("scan").paginate(TableName=environment.output("KeysTable"))
    for item in (item for page in pages for item in page["Items"]):
        holder = "server" if item.get("server", {}).get("BOOL") else "browser"
        enabled = "yes" if item["enabled"]["BOOL"] else "no"
        shown.add_row(item["source"]["S"], holder, enabled, item["pk"]["S"][:12])
    out.print(shown)


@app.command()
def disable(
    context: typer.Context, hash_start: Annotated[str, typer.Argument(help="start of the hash, from `keys list`")]
) -> None:
    """Disable a write key; ingest refuses it within a minute."""
    environment = connect(context.obj)
    dynamodb = environment.client("dynamodb")
    table = environment.output("KeysTable")
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    matching = [i["pk"]["S"] for page in pages for i in page["Items"] if i["pk"]["S"].startswith(hash_start)]
    if len(matching) != 1:
        fail(f"{len(matching)} keys start with {hash_start!r}; give the start of exactly one", Exit.USAGE)
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": matching[0]}},
        UpdateExpression="SET enabled = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )
    done(f"disabled {matching[0][:12]}")


def made(environment: Environment, source: str, *, server: bool) -> str:
    """A new write key of that source, for a server of the shop's or for browsers."""
    key = secrets.token_urlsafe(24)
    environment.client("dynamodb").put_item(
        TableName=environment.output("KeysTable"),
        Item={"pk": {"S": digest(key)}, "source": {"S": source}, "enabled": {"BOOL": True}, "server": {"BOOL": server}},
    )
    return key


def digest(key: str) -> str:
    """What the table knows of a key: SHA-256, hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()
