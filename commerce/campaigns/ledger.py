"""The `letters` table: who got which letter, who may not be written to, which coupons and budgets are used.

Everything of one customer is under one partition key, so that it can be told and erased; keys hold no e-mail address,
only its SHA-256.

| pk | sk | what |
|---|---|---|
| `customer#<id>` | `letter#<campaign>` | the one letter of a campaign to a customer, and what became of it |
| `customer#<id>` | `frequency` | times of the last letters of all campaigns, `revision` |
| `customer#<id>` | `contact` | `unsubscribed`, `complained`, with times |
| `letter#<letter id>` | `letter` | whose letter it is: the mail service's events name the letter alone |
| `address#<sha256>` | `suppressed` | an address that bounced for good or complained |
| `coupon#<code>` | `coupon` | an issued coupon |
| `budget#<campaign or offer>#<id>` | `budget` | what is spent and issued of it |
| `rate` | `bucket` | the account's sending rate as a token bucket |
| `events` | `latest`, `probe` | when the newest mail was sent that has an event, and the last probe |
"""

from __future__ import annotations

import hashlib
from typing import Literal

LetterState = Literal["claimed", "sent", "failed"]
"""claimed: about to be sent, or in doubt after a crash. sent: the mail service has it. failed: it was refused."""

SkipReason = Literal[
    "no_address", "no_consent", "unsubscribed", "complained", "bounced", "frequency_cap", "offer_exhausted",
    "budget_exhausted", "offer_ended", "not_renderable",
]  # fmt: skip
"""Why an allocated customer got no letter. They stay in the measurement: it compares as allocated."""

FREQUENCY, CONTACT, SUPPRESSED, COUPON, BUDGET = "frequency", "contact", "suppressed", "coupon", "budget"
RATE = ("rate", "bucket")


def customer_pk(customer_id: str) -> str:
    """Partition of everything of one customer."""
    return f"customer#{customer_id}"


def letter_sk(campaign_id: str) -> str:
    """Sort key of the one letter of a campaign to a customer."""
    return f"letter#{campaign_id}"


def address_pk(email: str) -> str:
    """Partition of an address; case and surrounding space do not tell addresses apart."""
    return f"address#{hashlib.sha256(email.strip().lower().encode()).hexdigest()}"


def coupon_pk(code: str) -> str:
    """Partition of a coupon."""
    return f"coupon#{code}"


def budget_pk(kind: Literal["campaign", "offer"], id_: str) -> str:
    """Partition of a budget."""
    return f"budget#{kind}#{id_}"


def letter_id(campaign_id: str, run: int, customer_id: str) -> str:
    """Id of a letter: the same whenever it is computed, and nothing of the customer can be read from it."""
    return hashlib.sha256(f"{campaign_id}|{run}|{customer_id}".encode()).hexdigest()[:32]
