"""Who of the customers meant can be written to, and why the others cannot.

Consent and address are today's, also when an audience of the past is replayed: letters are sent today.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

import ibis
from ibis import _

from campaigns.orders import Source
from campaigns.profile import CUSTOMER, latest_customers

LeftOut = Literal["no_address", "no_consent", "unsubscribed", "complained", "bounced", "shared_address"]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?!\.)(?!.*\.\.)[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}(?<!\.)@(?:{_LABEL}\.)+(?=.*[A-Za-z]){_LABEL}"
)
MAX_ADDRESS = 254
"""Characters that RFC 5321 leaves an address."""
_STOPS = ("unsubscribed", "complained", "bounced")
_FOR_A_WHILE = ("transient", "undetermined")
"""Kinds of bounce after which the mail service tries again, or does not know: no reason not to write."""


def contacts(source: Source, now: datetime) -> ibis.Table:
    """One row per customer of the `customers` table: contact, consent, and whether one of `_STOPS` happened before
    `now` to the customer or to another with the same address.

    A bounce counts only when it came after the customer had the address that they have now.
    """
    rows = source.table("customers").filter(_.updated_at < now)
    since = rows.group_by(CUSTOMER, "email").aggregate(had_since=_.updated_at.min())
    current = latest_customers(source, now).left_join(since, [CUSTOMER, "email"])
    current = current.select(
        CUSTOMER, "email", "time_zone", "country", "traits", "email_consent", "had_since",
        address=_.email.strip().lower(),
    )  # fmt: skip
    said = source.table("messages").filter(_.customer_id.notnull(), _.occurred_at < now, _.interaction.isin(_STOPS))
    heard = said.select(CUSTOMER, "interaction", "occurred_at", "reason").inner_join(
        current.select(CUSTOMER, "address", "had_since"), CUSTOMER
    )
    passing = ibis.or_(*(_.reason.fill_null("").lower().startswith(kind) for kind in _FOR_A_WHILE))
    stale = (_.interaction == "bounced") & (passing | (_.occurred_at < _.had_since))
    stopped = heard.filter(~stale).mutate(who=_.address.fill_null("").nullif("").coalesce(_.customer_id))
    by_address = stopped.group_by("who").aggregate(**{s: (_.interaction == s).cast("int64").max() for s in _STOPS})
    known = current.mutate(who=_.address.fill_null("").nullif("").coalesce(_.customer_id))
    found = known.left_join(by_address, "who")
    return found.select(
        CUSTOMER, "email", "time_zone", "country", "traits", "email_consent",
        **{s: _[s].fill_null(0) == 1 for s in _STOPS},
    )  # fmt: skip


def is_address(text: str | None) -> bool:
    """Whether the mail service takes it: ASCII, one `@`, a domain with a dot, nothing that could end a header."""
    return text is not None and len(text) <= MAX_ADDRESS and _ADDRESS.fullmatch(text) is not None


class Reach:
    """Decides customer by customer, in the order of their ids; of several with one address the first is written to."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def left_out(self, contact: dict[str, Any]) -> LeftOut | None:
        """Why not to write; None when a letter may be sent. One reason each, the first that is true."""
        email = (contact["email"] or "").strip()
        if not is_address(email):
            return "no_address"
        if contact["email_consent"] is not True:
            return "no_consent"
        for stop in _STOPS:
            if contact[stop]:
                return stop
        if email.lower() in self._taken:
            return "shared_address"
        self._taken.add(email.lower())
        return None
