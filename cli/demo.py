"""`shopkeeper demo`: a real grocer's year through the whole loop, on this machine."""

from __future__ import annotations

import time
import webbrowser
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import ibis
import typer
from ibis import _

from cli import api, audit, cost, executions, load, local_cloud, retrain
from cli.console import Exit, done, fail, out
from cli.environment import Environment, connect
from cli.report import page, terminal
from cli.report.model import VALUE_DAYS, DemoReport, Worth
from commerce.evaluation import Evaluation
from commerce.families import family as family_spec
from commerce.runs import EVALUATION, Run
from lake import Lake
from lake.audit import audit as audit_lake

FAMILY = "churn"
PAGE = Path(".shopkeeper") / "demo.html"
_SHOWN = 10


def demo(
    open_page: Annotated[bool, typer.Option("--open", help="open the page in a browser at the end")] = False,
    keep: Annotated[bool, typer.Option(help="leave the local cloud running afterwards, until Ctrl-C")] = False,
) -> None:
    """Load a grocer's year, audit it, train churn through the workflow, score every household, and report."""
    started = time.monotonic()
    with local_cloud.running() as cloud:
        environment = connect("local")
        report = run(environment, started)
        terminal.show(report)
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page.render(report), encoding="utf-8")
        done(f"the same with plots: {PAGE}")
        if open_page:
            webbrowser.open(PAGE.resolve().as_uri())
        if keep:
            out.print(f"API {environment.api_url}; Ctrl-C stops the local cloud")
            cloud.wait()
    if report.ending != "Released":
        raise typer.Exit(Exit.FAILED)


def run(environment: Environment, started: float) -> DemoReport:
    """The loop itself; `started` is `time.monotonic()` of the beginning."""
    spec = family_spec(FAMILY)
    lake = Lake.open(environment.lake)
    loaded = load.run(lake, "completejourney", None, dry_run=False)
    load.show(loaded)
    as_of = _day_after_the_last_order(lake)
    readiness = audit_lake(lake, spec, as_of, spec.parameters())
    audit.show(readiness)
    if not readiness.ready:
        fail(f"the data cannot train {FAMILY}", Exit.NOT_READY)
    ending = retrain.run(environment, executions.start(environment, FAMILY, as_of, {}))
    if ending.name == "Failed":
        fail(ending.cause)
    run_id = ending.data["run"]["run_id"]
    spent = _spending(lake, as_of)
    results = api.batch_scores(environment, list(spent))
    done(f"asked the API for {len(results):,} households")
    first = results[0]["customer_id"]
    return DemoReport(
        shop="A grocer's year: 2,469 households (Complete Journey, 84.51°)",
        as_of=as_of,
        currency="USD",
        family=spec,
        loaded={name: table.rows for name, table in loaded.tables.items()},
        load_seconds=loaded.seconds,
        readiness=readiness,
        ending=ending.name,
        reasons=ending.reasons,
        retrain_seconds=ending.seconds,
        run_id=run_id,
        evaluation=_evaluation(environment, run_id),
        scored=len(results),
        by_source=dict(Counter(r["scores"][FAMILY]["source"] for r in results)),
        worth_keeping=_worth_keeping(results, spent),
        api_request=f"GET {environment.api_url}/v1/customers/{first}/scores",
        api_answer=api.customer_scores(environment, first),
        cost=cost.estimate(local_cloud.assembly()),
        next_commands=_next_commands(first),
        total_seconds=time.monotonic() - started,
    )


def _day_after_the_last_order(lake: Lake) -> date:
    return lake.days("orders")[-1] + timedelta(days=1)


def _spending(lake: Lake, as_of: date) -> dict[str, float]:
    """What each customer with an order in the last year spent in the last `VALUE_DAYS`, in the shop's currency."""
    orders = lake.table("orders", since=as_of - timedelta(days=365), until=as_of - timedelta(days=1))
    recent = _.ordered_at >= ibis.timestamp((as_of - timedelta(days=VALUE_DAYS)).isoformat())
    known = orders.filter(_.customer_id.notnull(), _.status == "completed")
    spent = known.group_by("customer_id").agg(spent=_.total.sum(where=recent).fill_null(0).cast("float64"))
    rows = spent.order_by("customer_id").to_pyarrow().to_pylist()
    return {row["customer_id"]: row["spent"] for row in rows}


def _worth_keeping(results: list[dict[str, Any]], spent: dict[str, float]) -> list[Worth]:
    worth = [
        Worth(
            customer_id=r["customer_id"],
            probability=r["scores"][FAMILY]["probability"],
            spent=spent[r["customer_id"]],
            reasons=[why["text"] for why in r["scores"][FAMILY]["reasons"] if why["contribution"] > 0][:3],
        )
        for r in results
    ]
    return sorted(worth, key=lambda w: w.at_stake, reverse=True)[:_SHOWN]


def _evaluation(environment: Environment, run_id: str) -> Evaluation:
    key = Run(FAMILY, run_id).key(EVALUATION)
    body = environment.client("s3").get_object(Bucket=environment.output("ModelsBucket"), Key=key)["Body"].read()
    return Evaluation.model_validate_json(body)


def _next_commands(customer: str) -> list[tuple[str, str]]:
    return [
        ("make up", "keep the local cloud running; then, in another terminal:"),
        (".venv/bin/shopkeeper load online-retail FILE", "another shop's two years (UCI Online Retail II)"),
        (".venv/bin/shopkeeper load my-shop.toml --dry-run", "your own files: see lake/mappings/README.md"),
        (".venv/bin/shopkeeper audit --html audit.html", "can the data train each family?"),
        (".venv/bin/shopkeeper retrain churn -p horizon_days=60", "another horizon"),
        (f".venv/bin/shopkeeper score {customer}", "one customer's scores with reasons"),
        ("make synth ENV=dev && npx aws-cdk deploy --all -c env=dev", "into your own AWS account"),
    ]
