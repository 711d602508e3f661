"""The shop that the campaign benchmark writes for: customers in a lake, among them those who must get no letter.

Everything is simulated from a seed. Of the customers beside those who are simply meant, each group has one reason not
to get a letter, and its size is a share of theirs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from campaigns.allocate import allocate
from campaigns.audience import audience
from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm, Budget, CampaignDefinition
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.template import TemplateVersion
from functions.letters.layout import to_html
from lake import Lake
from lake.schema import from_records

CAMPAIGN, RUN, BUCKET = "benchmark", "r0001", "benchmark-lake"
HOLDOUT = 0.05
GROUPS = {
    "unconsenting": 0.01,
    "without_address": 0.005,
    "unsubscribed_before": 0.01,
    "bounced_before": 0.005,
    "unsubscribed": 0.01,
    "complained": 0.005,
    "suppressed": 0.01,
    "capped": 0.01,
}
"""Group → its size, as a share of the recipients. The lake knows of the first four before the audience is chosen; the
others come after it, and only the ledger knows of them."""
LATE = ("unsubscribed", "complained", "suppressed", "capped")
_STARTERS = Path(__file__).resolve().parents[1] / "functions" / "letters" / "starters"
_NAMES = ("Alex", "Robin", "Kim", "Sascha", "Zoë", "José", "Łukasz", "Ming", "Nia", "Otto")
_NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Shop:
    """Customers by group; `meant` are those of no group, the holdout among them."""

    customers: dict[str, list[str]]

    @classmethod
    def of(cls, recipients: int) -> Shop:
        """A shop of which, after the holdout, about so many customers get a letter."""
        late = sum(GROUPS[group] for group in LATE)
        sizes = {"meant": round(recipients * (1 / (1 - HOLDOUT)))}
        sizes |= {group: max(3, round(recipients * share)) for group, share in GROUPS.items()}
        assert late < 1
        numbers = iter(range(sum(sizes.values())))
        return cls({group: [f"c{next(numbers):07d}" for _ in range(size)] for group, size in sizes.items()})

    def fill(self, lake: Lake, rng: random.Random) -> None:
        """Write the customers, and what some of them said before."""
        rows = [self._customer(group, id_, rng) for group, ids in self.customers.items() for id_ in ids]
        rng.shuffle(rows)
        lake.write("customers", from_records("customers", rows))
        said = {"unsubscribed_before": "unsubscribed", "bounced_before": "bounced"}
        messages = [
            {
                "message_id": f"before-{id_}",
                "customer_id": id_,
                "occurred_at": _NOW - timedelta(days=40),
                "interaction": interaction,
                "channel": "email",
                "reason": "permanent general" if interaction == "bounced" else None,
            }
            for group, interaction in said.items()
            for id_ in self.customers[group]
        ]
        lake.write("messages", from_records("messages", messages))

    def _customer(self, group: str, id_: str, rng: random.Random) -> dict[str, Any]:
        return {
            "customer_id": id_,
            "updated_at": _NOW - timedelta(days=100),
            "created_at": _NOW - timedelta(days=400),
            "email": None if group == "without_address" else f"{id_}@example.com",
            "country": rng.choice(("DE", "FR", "GB", "PL")),
            "time_zone": rng.choice(("Europe/Berlin", "America/New_York", "Asia/Tokyo", None)),
            "email_consent": group != "unconsenting",
            "traits": f'{{"first_name": "{rng.choice(_NAMES)}"}}',
        }


def plan(recipients: int, seed: int) -> CampaignPlan:
    """Two arms, one with a coupon for everyone in it, and a budget that is enough."""
    arms = [
        Arm(name="coupon", template_id="win-back", template_version=1, offer_id="ten"),
        Arm(name="plain", template_id="thank-you", template_version=1),
    ]
    budget = Budget(amount=recipients * 3, currency="USD")  # type: ignore[arg-type]  # pydantic makes it a Decimal
    definition = CampaignDefinition(
        name="Benchmark", audience="customer.known_days > 30", arms=arms, holdout=HOLDOUT, budget=budget
    )
    starts = _NOW
    return CampaignPlan(
        campaign_id=CAMPAIGN,
        run=RUN,
        run_number=1,
        definition=definition,
        as_of=date(_NOW.year, _NOW.month, _NOW.day),
        window_starts=starts,
        window_ends=starts + timedelta(days=14),
        looks=[starts + timedelta(days=14)],
        lake=f"s3://{BUCKET}/lake",
        raw=f"s3://{BUCKET}/raw/events",
        places=f"s3://{BUCKET}/campaigns/{CAMPAIGN}/{RUN}",
        letters=f"s3://{BUCKET}/letters/{CAMPAIGN}/{RUN}",
        offers={"ten": OfferDefinition(title="10 % off your next order", kind="percent", value=10, cost=2)},  # type: ignore[arg-type]
        seed=seed,
    )


def choose(made: CampaignPlan, lake: Lake, scratch: Path) -> tuple[Path, Path]:
    """(allocation, parts): the real audience and allocate steps over the lake."""
    found, kept, allocation, parts = (scratch / name for name in ("audience", "members", "allocation", "parts"))
    for folder in (found, kept, allocation, parts):
        folder.mkdir()
    audience(made, lake, found, kept, now=datetime.now(UTC))
    allocate(made, kept, allocation, parts)
    return allocation, parts


def members(parts: Path) -> list[Member]:
    """Everyone who was allocated to a letter."""
    files = sorted(parts.glob("part-*.jsonl"))
    return [Member.model_validate_json(line) for file in files for line in file.read_bytes().splitlines()]


def template(id_: str, subject: str) -> TemplateVersion:
    """A starter template as it is saved."""
    mjml = (_STARTERS / f"{id_}.mjml").read_text("utf-8")
    return TemplateVersion(
        id=id_,
        version=1,
        name=id_,
        subject=subject,
        mjml=mjml,
        html=to_html(mjml),
        author="benchmark",
        comment="",
        created_at=_NOW,
    )


TEMPLATES = {
    "win-back": "{{ customer.first_name | default: 'Hello' }}, it has been a while",
    "thank-you": "Thank you, {{ customer.first_name | default: 'truly' }}",
}
