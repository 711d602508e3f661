"""The command against a small server in place of an environment."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli import (
    ask,
    assess,
    chart,
    customers,
    monitor,
    offers,
    outbox,
    products,
    rankings,
    reviews,
    rules,
    templates,
    whatif,
)
from cli.campaigns import commands, following
from cli.console import err, out
from cli.environment import Environment
from cli.main import app
from tests.cli.api_server import serving


@pytest.fixture
def api(monkeypatch):
    """The server; every verb is connected to it."""
    with serving() as server:
        environment = Environment("local", {"ApiUrl": server.url})
        environment.__dict__["api_key"] = "a-key"  # what the cached property would ask API Gateway for
        verbs = (ask, assess, chart, commands, customers, offers, outbox, products, rankings, reviews, rules, templates)
        for module in (*verbs, monitor, whatif):
            monkeypatch.setattr(module, "connect", lambda name: environment)
        monkeypatch.setattr(outbox, "outbox_url", lambda: f"{server.url}/_aws/ses")
        monkeypatch.setattr(following, "POLL_SECONDS", 0.01)
        monkeypatch.setattr(customers, "POLL_SECONDS", 0.01)
        yield server


@pytest.fixture
def run(monkeypatch):
    """Run the command; the terminal is wide, so that no line is broken."""
    for console in (out, err):
        monkeypatch.setattr(console, "_width", 300)
    return lambda *arguments, **more: CliRunner().invoke(app, list(map(str, arguments)), **more)
