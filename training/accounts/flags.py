"""What speaks for abuse, by thresholds that a shop may set, each with its evidence in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scipy.stats import beta

from commerce.families.accounts.answer import Flag, Group, Kind, Shared
from commerce.families.accounts.parameters import AccountsParameters
from training.accounts.graph import KINDS

LEAST_JOINING = 2
"""Kinds of links that must each join half of a group: a family shares an address, neighbours a parcel station."""
SURE = 0.05
"""Chance that is left to a share of refunds of being lower than what is flagged."""
PLURALS: Mapping[str, tuple[str, str]] = {
    "card": ("card", "cards"),
    "device": ("device", "devices"),
    "address": ("address", "addresses"),
}
Row = Mapping[str, Any]


def group(row: Row) -> Group | None:
    """The group of a row of features; None of an account that shares nothing."""
    if not row["accounts"] > 1:
        return None
    shared = [
        Shared(kind=kind, things=int(row[f"{kind}_things"]), accounts=int(row[f"{kind}_accounts"]))
        for kind in _kinds(row)
    ]
    return Group(id=f"{row['as_of']}/{int(row['group_number'])}", accounts=int(row["accounts"]), shared=shared)


def flags(row: Row, of: AccountsParameters) -> list[Flag]:
    """The flags that a row of features raises."""
    return [*_multi_account(row, of), *_coupon(row, of), *_refunds(row, of), *_fraud(row)]


def _multi_account(row: Row, of: AccountsParameters) -> Iterator[Flag]:
    if row["accounts"] >= of.many_accounts and row["joining"] >= LEAST_JOINING:
        shared = _listed([_counted(row[f"{kind}_things"], *PLURALS[kind]) for kind in _kinds(row)])
        yield Flag(name="multi_account", evidence=f"{row['accounts']:.0f} accounts share {shared}")


def _coupon(row: Row, of: AccountsParameters) -> Iterator[Flag]:
    if row["coupon_accounts"] >= of.coupon_accounts and row["coupon_chance"] <= of.coupon_chance:
        evidence = f"the coupon {row['coupon']} was used by {row['coupon_accounts']:.0f} accounts of this group"
        yield Flag(name="coupon_abuse", evidence=evidence)


def _refunds(row: Row, of: AccountsParameters) -> Iterator[Flag]:
    """Of the account itself, else of the group, where several of its accounts have refunds."""
    usual = f"usual here {row['usual_refunds']:.0%}"
    if _refunded_often(row, row["refunded"], row["orders"], of):
        evidence = f"{row['refunded']:.0f} of {row['orders']:.0f} orders refunded; {usual}"
        yield Flag(name="refund_abuse", evidence=evidence)
    elif row["group_refunding"] > 1 and _refunded_often(row, row["group_refunded"], row["group_orders"], of):
        evidence = f"{row['group_refunded']:.0f} of {row['group_orders']:.0f} orders of this group refunded; {usual}"
        yield Flag(name="refund_abuse", evidence=evidence)


def _refunded_often(row: Row, refunded: float, orders: float, of: AccountsParameters) -> bool:
    """Whether the odds of a refund exceed the usual ones by the shop's multiple, with 95 % certainty.

    By the posterior of the shop's beta distribution: one order of one says little.
    """
    rate, strength = row["usual_refunds"], row["usual_strength"]
    if not refunded > 0 or not 0 < rate < 1:
        return False
    least = beta.ppf(SURE, rate * strength + refunded, (1 - rate) * strength + orders - refunded)
    return bool(least * (1 - rate) >= of.refund_odds * rate * (1 - least))


def _fraud(row: Row) -> Iterator[Flag]:
    if row["rest_frauds"] > 0:
        frauds = _counted(row["rest_frauds"], "payment", "payments")
        accounts = _counted(row["rest_defrauding"], "other account", "other accounts")
        verb = "is" if row["rest_frauds"] == 1 else "are"
        yield Flag(name="known_fraud_nearby", evidence=f"{frauds} of {accounts} of this group {verb} known as fraud")


def _kinds(row: Row) -> Iterator[Kind]:
    for kind in KINDS:
        if row[f"{kind}_things"] > 0:
            yield kind  # pyright: ignore[reportReturnType] (KINDS are those of the type)


def _counted(count: float, one: str, many: str) -> str:
    return f"{count:.0f} {one if count == 1 else many}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
