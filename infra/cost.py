"""What an environment costs, from its synthesized templates and the price table.

`python -m infra.cost --assembly DIR [--json]`. Four questions: what it costs to have it for a month and not use it,
what a million calls cost, and what one retraining or one campaign costs. Each line says what it counted, so that it can
be checked.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from commerce.families import discover
from commerce.family import Entity, Resources
from infra.prices import PriceError, Prices, load

HOURS_PER_MONTH = 730
MILLION = 1_000_000
IDLE, EVENTS, BATCHES, SCORES, ASKS = (
    "a month, idle",
    "a million events, one a call",
    "a million events, a hundred a call",
    "a million score reads",
    "a million questions to a model",
)


class AssemblyError(ValueError):
    """The folder holds no synthesized templates."""


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of `unit` at `price` US dollars each; `total` names the question it answers."""

    total: str
    what: str
    quantity: float
    unit: str
    price: float

    @property
    def usd(self) -> float:
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Estimate:
    """All lines, and where the prices are from."""

    lines: tuple[Line, ...]
    source: str

    def total(self, what: str) -> float:
        """US dollars of one question."""
        return sum(line.usd for line in self.lines if line.total == what)

    def as_dict(self) -> dict[str, Any]:
        """`{"source", "currency", "totals": [{"what", "usd"}], "lines": [{…, "usd"}]}`, dollars to four digits."""
        totals = dict.fromkeys(line.total for line in self.lines)
        return {
            "source": self.source,
            "currency": "USD",
            "totals": [{"what": what, "usd": round(self.total(what), 4)} for what in totals],
            "lines": [asdict(line) | {"usd": round(line.usd, 4)} for line in self.lines],
        }


@dataclass(frozen=True)
class Deployed:
    """The resources of an assembly: (type, properties)."""

    resources: tuple[tuple[str, dict[str, Any]], ...]

    @classmethod
    def read(cls, assembly: Path) -> Deployed:
        """Every template of the folder. Raises `AssemblyError` where there is none."""
        templates = sorted(assembly.glob("*.template.json"))
        if not templates:
            raise AssemblyError(f"{assembly} holds no templates: synthesize first (python -m infra --env … --out …)")
        return cls(
            tuple(
                (resource["Type"], resource.get("Properties", {}))
                for template in templates
                for resource in json.loads(template.read_text("utf-8"))["Resources"].values()
            )
        )

    def of(self, type_: str) -> list[dict[str, Any]]:
        """Properties of every resource of a CloudFormation type."""
        return [properties for kind, properties in self.resources if kind == type_]

    def function(self, name: str) -> dict[str, Any]:
        """Properties of the function `name`, whatever the environment."""
        named = re.compile(rf"shopkeeper-[a-z0-9]+-{name}")
        return next(f for f in self.of("AWS::Lambda::Function") if named.fullmatch(str(f.get("FunctionName"))))

    def answers_itself(self, family: str) -> bool:
        """Whether the family has a route of its own."""
        return any(resource["PathPart"] == family for resource in self.of("AWS::ApiGateway::Resource"))

    @property
    def endpoints(self) -> list[str]:
        """Families that an endpoint serves."""
        return [str(endpoint["EndpointName"]).split("-", 2)[2] for endpoint in self.of("AWS::SageMaker::Endpoint")]

    @property
    def serverless_mb(self) -> int | None:
        """Memory of every serverless endpoint; None where there is none, or they run on instances."""
        variants = (v for config in self.of("AWS::SageMaker::EndpointConfig") for v in config["ProductionVariants"])
        return next((v["ServerlessConfig"]["MemorySizeInMB"] for v in variants if "ServerlessConfig" in v), None)


def estimate(assembly: Path, prices: Prices | None = None) -> Estimate:
    """The estimate for a synthesized assembly. Raises `AssemblyError` or `PriceError`."""
    deployed = Deployed.read(assembly)
    prices = prices or load()
    lines = [
        *_idle(deployed, prices),
        *_calls(deployed, prices),
        *_retrainings(deployed, prices),
        *_campaign(deployed, prices),
    ]
    return Estimate(tuple(line for line in lines if line.quantity), prices.source)


def _idle(deployed: Deployed, prices: Prices) -> Iterator[Line]:
    def counted(what: str, quantity: float, unit: str, price: str) -> Line:
        return Line(IDLE, what, quantity, unit, prices[price])

    acls = deployed.of("AWS::WAFv2::WebACL")
    yield counted("firewall", len(acls), "web ACL", "waf.acl_month")
    yield counted("firewall rules", sum(len(acl["Rules"]) for acl in acls), "rule", "waf.rule_month")
    yield counted(
        "dashboard", len(deployed.of("AWS::CloudWatch::Dashboard")), "dashboard", "cloudwatch.dashboard_month"
    )
    yield counted("alarms", len(deployed.of("AWS::CloudWatch::Alarm")), "alarm", "cloudwatch.alarm_month")
    yield counted("encryption key", len(deployed.of("AWS::KMS::Key")), "key", "kms.key_month")
    yield counted("secret", len(deployed.of("AWS::SecretsManager::Secret")), "secret", "secrets_manager.secret_month")
    yield counted("lake and runs", prices["usage.stored_gb"], "GB", "s3.gb_month")
    if deployed.of("AWS::DynamoDB::GlobalTable"):
        yield counted("tables", prices["usage.table_gb"], "GB", "dynamodb.gb_month")
        yield counted("tables' recovery", prices["usage.table_gb"], "GB", "dynamodb.recovery_gb_month")
    for config in deployed.of("AWS::SageMaker::EndpointConfig"):
        for variant in config["ProductionVariants"]:
            if "InstanceType" in variant:
                hours = HOURS_PER_MONTH * variant["InitialInstanceCount"]
                instance = variant["InstanceType"]
                yield Line(IDLE, f"endpoint on {instance}", hours, "hour", prices.instance(instance))


def _calls(deployed: Deployed, prices: Prices) -> Iterator[Line]:
    events, batches, reads = 1.0, 0.01, 1.0
    for total, calls, function, milliseconds in (
        (EVENTS, events, "ingest", "usage.event_ms"),
        (BATCHES, batches, "ingest", "usage.batch_ms"),
        (SCORES, reads, "scores", "usage.score_ms"),
        (ASKS, reads, "ask", "usage.ask_ms"),
    ):
        yield Line(total, "API", calls, "million calls", prices["api_gateway.million_requests"])
        yield Line(total, "firewall", calls, "million calls", prices["waf.million_requests"])
        yield Line(total, "function calls", calls, "million calls", prices["lambda.million_requests"])
        yield _compute(total, deployed.function(function), calls * MILLION * prices[milliseconds] / 1000, prices)
        traced = calls * prices["usage.traced_share"]
        yield Line(total, "traces", traced, "million traces", prices["xray.million_traces"])
        logged = calls * MILLION * prices["usage.log_bytes"] / 1e9
        yield Line(total, "logs", logged, "GB", prices["cloudwatch.log_gb"])
    # A record is billed as at least 5 KB; what is shown is one.
    for total in (EVENTS, BATCHES, ASKS):
        yield Line(total, "delivery to the lake", prices["firehose.record_kb"], "GB", prices["firehose.gb"])
    for total in (EVENTS, BATCHES):
        # An order is two puts, and an update for each of its products, in a transaction: each of them counts twice.
        writes = 2 * (2 + prices["usage.order_products"]) * prices["usage.order_share"]
        yield Line(total, "counters", writes, "million writes", prices["dynamodb.million_writes"])
    # A row and the counters, eventually consistent: half a unit each. Release pointers are remembered for seconds.
    yield Line(SCORES, "score rows and counters", 1, "million reads", prices["dynamodb.million_reads"])
    # What was shown is read with the actions, and written, only where a question leaves it out.
    excluding = prices["usage.exclude_shown_share"]
    ask_reads = prices["usage.ask_reads"] + excluding / 2
    yield Line(ASKS, "profiles and actions", ask_reads, "million reads", prices["dynamodb.million_reads"])
    remembered = excluding * prices["usage.shown_writes"]
    yield Line(ASKS, "what was shown", remembered, "million writes", prices["dynamodb.million_writes"])
    if (memory := deployed.serverless_mb) is not None:
        seconds = MILLION * prices["usage.model_ms"] / 1000 * memory / 1024
        scored = sum(
            _entity(family) == "customer" and not deployed.answers_itself(family) for family in deployed.endpoints
        )
        # A read asks the endpoint of every family of customers, a question one.
        for total, endpoints in ((SCORES, scored), (ASKS, 1)):
            yield Line(
                total,
                "serverless endpoint",
                endpoints * seconds,
                "GB second",
                prices["sagemaker.serverless_gb_second"],
            )


def _compute(total: str, function: dict[str, Any], seconds: float, prices: Prices, what: str = "function time") -> Line:
    (architecture,) = function["Architectures"]
    gb_seconds = seconds * function["MemorySize"] / 1024
    return Line(total, what, gb_seconds, "GB second", prices[f"lambda.gb_second_{architecture}"])


def _retrainings(deployed: Deployed, prices: Prices) -> Iterator[Line]:
    resources = json.loads(deployed.function("plan")["Environment"]["Variables"]["FAMILY_RESOURCES"])
    spark = bool(deployed.of("AWS::EMRServerless::Application"))
    for family, on in resources.items():
        total = f"a retraining of {family}"
        processing = prices["usage.jobs"] - 1 - spark
        hours = prices["usage.job_minutes"] / 60
        for kind, jobs in (("processing", processing), ("training", 1)):
            instance = on[f"{kind}_instance"]
            yield Line(total, f"{kind} on {instance}", jobs * hours, "hour", prices.instance(instance))
        volume = (processing + 1) * hours / HOURS_PER_MONTH * on["volume_gb"]
        yield Line(total, "volumes", volume, "GB month", prices["sagemaker.volume_gb_month"])
        if spark:
            yield Line(
                total, "Spark", prices["usage.spark_vcpu_hours"], "vCPU hour", prices["emr_serverless.vcpu_hour"]
            )
            yield Line(total, "Spark", prices["usage.spark_gb_hours"], "GB hour", prices["emr_serverless.gb_hour"])
        steps = prices["usage.transitions"] / MILLION
        yield Line(total, "workflow", steps, "million transitions", prices["step_functions.million_transitions"])
        writes = _published_kb(deployed, prices, family) / MILLION
        yield Line(total, "rows published", writes, "million writes", prices["dynamodb.million_writes"])


def _published_kb(deployed: Deployed, prices: Prices, family: str) -> float:
    """Of the rows that a retraining publishes, in write units of 1 KB, which hold any customer's score."""
    if _entity(family) == "product":
        return prices["usage.products"] * prices["usage.product_kb"]
    return prices["usage.customers"] * (prices["usage.profile_kb"] if deployed.answers_itself(family) else 1)


def _entity(family: str) -> Entity:
    """Of what the family answers, which no template says."""
    spec = discover().get(family)
    return spec.entity if spec else "customer"


def _campaign(deployed: Deployed, prices: Prices) -> Iterator[Line]:
    letters, events = prices["usage.letters"], prices["usage.letters"] * prices["usage.letter_events"]
    total = f"a campaign of {letters:,.0f} letters"
    # Each event is written to the queue, and read and deleted in batches of at most ten.
    requests = events * 1.2 / MILLION
    batches = events / prices["usage.letter_event_batch"]
    parts = letters / prices["usage.part_letters"]
    yield Line(total, "letters", letters / 1000, "thousand letters", prices["ses.thousand_mails"])
    sending = letters * prices["usage.letter_ms"] / 1000
    yield _compute(total, deployed.function("deliver"), sending, prices, what="sending")
    taking = events * prices["usage.letter_event_ms"] / 1000
    yield _compute(total, deployed.function("interactions"), taking, prices, what="taking in events")
    yield Line(total, "function calls", (batches + parts) / MILLION, "million calls", prices["lambda.million_requests"])
    # What becomes of a letter is written to its row once or twice.
    writes = letters * (prices["usage.letter_writes"] + 1) / MILLION
    yield Line(total, "ledger", writes, "million writes", prices["dynamodb.million_writes"])
    reads = (letters * prices["usage.letter_reads"] + 2 * events) / MILLION
    yield Line(total, "ledger", reads, "million reads", prices["dynamodb.million_reads"])
    yield Line(total, "events published", events / MILLION, "million events", prices["sns.million_publishes"])
    yield Line(total, "events queued", requests, "million requests", prices["sqs.million_requests"])
    kilobytes = events * prices["firehose.record_kb"]
    yield Line(total, "events to the lake", kilobytes / MILLION, "GB", prices["firehose.gb"])
    # Those of many letters are one record, so that none is rounded up.
    shown = letters * prices["usage.exposure_kb"] / MILLION
    yield Line(total, "exposures to the lake", shown, "GB", prices["firehose.gb"])
    steps = parts * 4 / MILLION
    yield Line(total, "workflow", steps, "million transitions", prices["step_functions.million_transitions"])
    instance = Resources().processing_instance
    hours = prices["usage.campaign_jobs"] * prices["usage.job_minutes"] / 60
    yield Line(total, f"jobs on {instance}", hours, "hour", prices.instance(instance))


def table(found: Estimate) -> Iterable[str]:
    """The estimate as lines of text."""
    for total in dict.fromkeys(line.total for line in found.lines):
        yield f"{total}: ${found.total(total):.2f}"
        for line in found.lines:
            if line.total == total:
                counted = f"{line.quantity:>14,.4g} {line.unit:<20} × ${line.price:<12g}"
                yield f"  {line.what:<28} {counted} = ${line.usd:.4f}"
    yield found.source


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 where the assembly cannot be priced."""
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description="Estimate what an environment costs.")
    parser.add_argument("--assembly", type=Path, required=True, help="a folder written by `python -m infra`")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    try:
        found = estimate(options.assembly)
    except (AssemblyError, PriceError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found.as_dict(), indent=2) if options.json else "\n".join(table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
