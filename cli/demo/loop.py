"""The demo's loop: each step in order, and what to try next."""

from __future__ import annotations

import time
from datetime import timedelta

from cli import cost, local_cloud
from cli.demo import churn, demand, fraud, recommendations, winback
from cli.environment import Environment
from cli.report.model import DemoReport
from lake import Lake


def run(environment: Environment, started: float, *, with_demand: bool, with_fraud: bool) -> DemoReport:
    """The loop itself; `started` is `time.monotonic()` of the beginning."""
    lake = Lake.open(environment.lake)
    loaded = churn.loaded(lake)
    # As if today were so long before the data ends, so that what households really did then is there to be measured.
    wanted = winback.definition()
    as_of = lake.days("orders")[-1] + timedelta(days=1 - wanted.attribution_days)
    scored = churn.run(environment, lake, as_of)
    forecast = demand.run(environment, lake, as_of) if with_demand else None
    # Before the campaign, whose letters may recommend.
    shown = recommendations.run(environment, lake, as_of)
    campaign = winback.run(environment, lake, wanted, as_of) if scored.learnt.released else None
    # Last: its payments are of today, and of nobody in the grocer's year.
    decided = fraud.run(environment) if with_fraud else None
    return DemoReport(
        shop="A grocer's year: 2,469 households (Complete Journey, 84.51°)",
        as_of=as_of,
        currency="USD",
        loaded={name: table.rows for name, table in loaded.tables.items()},
        load_seconds=loaded.seconds,
        churn=scored,
        recommendations=shown,
        demand=forecast,
        campaign=campaign,
        fraud=decided,
        cost=cost.estimate(local_cloud.assembly()),
        next_commands=_next_commands(scored.first_customer, shown.household, forecast.product if forecast else None),
        total_seconds=time.monotonic() - started,
    )


def _next_commands(customer: str, household: str, product: str | None) -> list[tuple[str, str]]:
    forecast = [
        (f".venv/bin/shopkeeper chart {product} forecast.svg", "what was sold of a product, and what will be"),
        (".venv/bin/shopkeeper stock-recommendations --csv stock.csv", "what to order and mark down, as a sheet"),
    ]
    return [
        ("make up", "keep the local cloud running; then, in another terminal:"),
        (".venv/bin/shopkeeper load online-retail FILE", "another shop's two years (UCI Online Retail II)"),
        (".venv/bin/shopkeeper load my-shop.toml --dry-run", "your own files: see lake/mappings/README.md"),
        (".venv/bin/shopkeeper audit --html audit.html", "can the data train each family?"),
        (".venv/bin/shopkeeper retrain churn -p horizon_days=60", "another horizon"),
        (f".venv/bin/shopkeeper score {customer}", "one customer's scores with reasons"),
        (f".venv/bin/shopkeeper ask recommendations for_you --customer {household}", "what a customer should see"),
        *(forecast if product else []),
        (".venv/bin/shopkeeper reviews fraud", "payments that somebody should look at"),
        (
            ".venv/bin/shopkeeper rules save fraud cli/examples/fraud-rules.toml",
            "a shop's own rules, to be simulated first",
        ),
        (".venv/bin/shopkeeper templates push-starters", "four letters to begin with"),
        (".venv/bin/shopkeeper campaigns create cli/examples/win-back.toml", "a campaign as a file"),
        ("make synth ENV=dev && npx aws-cdk deploy --all -c env=dev", "into your own AWS account"),
    ]
