"""A made-up shop with addresses, consent and scores in a real lake, and plans of campaigns over it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from commerce.campaigns.campaign import Arm, CampaignDefinition
from commerce.campaigns.plan import CampaignPlan
from lake import Lake
from lake.schema import from_records

AS_OF = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def at(days_ago: float) -> datetime:
    """A moment so many days before the as-of date's midnight."""
    return datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC) - timedelta(days=days_ago)


def customer(customer_id: str, **more: Any) -> dict[str, Any]:
    """Somebody who has been known for a year and may be written to."""
    return {
        "customer_id": customer_id,
        "updated_at": at(365),
        "created_at": at(365),
        "email": f"{customer_id}@example.com",
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "email_consent": True,
    } | more


def order(number: int | str, customer_id: str | None, days_ago: float, total: float, **more: Any) -> dict[str, Any]:
    """A completed order."""
    return {
        "order_id": f"o{number}",
        "customer_id": customer_id,
        "ordered_at": at(days_ago),
        "status": "completed",
        "total": Decimal(f"{total:.2f}"),
        "currency": "EUR",
    } | more


def line(of: dict[str, Any], product_id: str = "p1", **more: Any) -> dict[str, Any]:
    """One line of an order."""
    return {
        "order_id": of["order_id"],
        "line_id": product_id,
        "customer_id": of["customer_id"],
        "product_id": product_id,
        "ordered_at": of["ordered_at"],
        "kind": "sale",
        "quantity": 1.0,
        "total": of["total"],
        "currency": "EUR",
    } | more


def product(product_id: str, department: str, category: str, days_ago: float = 800) -> dict[str, Any]:
    """An entry of the catalogue."""
    return {"product_id": product_id, "updated_at": at(days_ago), "department": department, "category": category}


def message(message_id: str, customer_id: str, interaction: str, days_ago: float, **more: Any) -> dict[str, Any]:
    """An interaction with a letter."""
    return {
        "message_id": message_id,
        "customer_id": customer_id,
        "occurred_at": at(days_ago),
        "interaction": interaction,
        "channel": "email",
        "letter_id": f"letter-{customer_id}",
    } | more


def fill(lake: Lake, **tables: Iterable[dict[str, Any]]) -> None:
    """Write rows, table by table."""
    for name, rows in tables.items():
        if found := list(rows):
            lake.write(name, from_records(name, found))


def write_scores(folder: Path, scores: dict[str, float], rows: int = 3) -> Path:
    """Churn scores as the batch job leaves them, `rows` to a file."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(
            {
                "entity_id": customer_id,
                "answer": {
                    "family": "churn",
                    "source": "model",
                    "version": "3",
                    "as_of": AS_OF.isoformat(),
                    "probability": probability,
                    "horizon_days": None,
                    "reasons": [{"text": "no order for 60 days", "contribution": 0.4}],
                },
            }
        )
        for customer_id, probability in scores.items()
    ]
    for number, start in enumerate(range(0, len(lines), rows)):
        (folder / f"part-{number:05d}.jsonl").write_text("\n".join(lines[start : start + rows]) + "\n")
    (folder / "manifest.json").write_text("[]")
    return folder


def plan_of(
    root: Path,
    audience: str = "true",
    *,
    arms: tuple[Arm, ...] = (Arm(name="letter", template_id="hello", template_version=1),),
    scores: dict[str, str] | None = None,
    part_rows: int = 500,
    seed: int = 7,
    **definition: Any,
) -> CampaignPlan:
    """What a run over the lake below `root` will do."""
    starts = at(0)
    made = CampaignDefinition(name="Spring", audience=audience, arms=list(arms), **definition)
    ends = starts + timedelta(days=made.attribution_days)
    return CampaignPlan(
        campaign_id="spring",
        run="r0001",
        run_number=1,
        definition=made,
        as_of=AS_OF,
        window_starts=starts,
        window_ends=ends,
        looks=[ends],
        lake=str(root),
        raw=str(root / "raw"),
        places=str(root / "campaigns" / "spring" / "r0001"),
        letters=str(root / "letters" / "spring" / "r0001"),
        scores=scores or {},
        seed=seed,
        part_rows=part_rows,
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake.open(tmp_path / "lake")
