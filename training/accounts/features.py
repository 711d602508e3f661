"""What was known of an account and of the accounts it shares something with, as of a date."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

from datetime import date

import ibis

from commerce.families.accounts.parameters import AccountsParameters
from commerce.model import FeatureField
from lake.keeping import beside, keep
from training.accounts import activity, coupons, graph, history, refunds
from training.accounts.history import ACCOUNT
from training.contract import ENTITY, Source

OWN: dict[str, str] = {
    "payments": "{value:.0f} payments of the account",
    "declined_share": "{value:.0%} of its payments declined",
    "amount_mean": "payments of {value:,.2f} on average",
    "coupon_share": "a coupon in {value:.0%} of its payments",
    "frauds": "{value:.0f} payments of the account are known as fraud",
    "age_days": "first seen {value:.0f} days ago",
    "since_last_days": "last seen {value:.0f} days ago",
    "orders": "{value:.0f} orders of the account",
    "refund_share": "refunds of {value:.0%} of its orders, shrunk to what is usual",
    "refunded_value_share": "{value:.0%} of its orders' value refunded",
}
"""Feature of the account alone → what it is called in reasons."""
SHARED: dict[str, str] = {
    "accounts": "{value:.0f} accounts in the group",
    "neighbours": "{value:.0f} accounts that share something with this one",
    "kinds": "{value:.0f} kinds of links in the group",
    "joining": "{value:.0f} kinds of links that join half of the group",
    "card_things": "{value:.0f} cards that accounts of the group share",
    "device_things": "{value:.0f} devices that accounts of the group share",
    "address_things": "{value:.0f} addresses that accounts of the group share",
    "card_accounts": "{value:.0f} accounts of the group that share a card",
    "device_accounts": "{value:.0f} accounts of the group that share a device",
    "address_accounts": "{value:.0f} accounts of the group that share an address",
    "group_age_days": "the group was first seen {value:.0f} days ago",
    "new_accounts": "{value:.0f} accounts of the group are new",
    "rest_payments": "{value:.0f} payments of the group's other accounts",
    "rest_declined_share": "{value:.0%} of the other accounts' payments declined",
    "rest_amount_mean": "payments of {value:,.2f} on average by the other accounts",
    "rest_coupon_share": "a coupon in {value:.0%} of the other accounts' payments",
    "rest_frauds": "{value:.0f} payments of the group's other accounts are known as fraud",
    "rest_defrauding": "{value:.0f} other accounts of the group are known for fraud",
    "coupon_accounts": "{value:.0f} accounts of the group with the same coupon",
    "coupon_unlikely": "how unlikely it is that so many use the same coupon",
    "group_refund_share": "refunds of {value:.0%} of the group's orders, shrunk to what is usual",
    "group_refunded_value_share": "{value:.0%} of the value of the group's orders refunded",
}
"""Feature of what the account shares → what it is called in reasons; those of a group are empty without one."""
WORDS: dict[str, str] = OWN | SHARED
FEATURES: tuple[str, ...] = tuple(WORDS)
FIELDS: tuple[FeatureField, ...] = tuple(FeatureField(name=n, type="float64", doc=words) for n, words in WORDS.items())
COUNTED: tuple[str, ...] = (
    "group_number",
    "coupon",
    "coupon_chance",
    "refunded",
    "group_orders",
    "group_refunded",
    "group_refunding",
    "usual_refunds",
    "usual_strength",
)
"""What flags need besides, and the model is not told."""
_SUMS: tuple[str, ...] = (*activity.PAID, *refunds.COLUMNS, "refunding", "new")


def features(source: Source, as_of: date, of: AccountsParameters) -> ibis.Table:
    """`entity_id`, `FEATURES` and `COUNTED` of every account that was seen in the `link_days` before `as_of`."""
    paid = history.before(history.payments(source), as_of, of.link_days)
    logged_in = history.before(history.logins(source), as_of, of.link_days)
    edges = graph.shared(history.uses(paid, logged_in), of.most_sharing)
    members = beside(graph.groups(edges.to_pyarrow()), edges)
    ordered = refunds.orders(source, as_of, of.link_days)
    # Ibis takes longer to spell a question again than DuckDB to answer it for a small shop.
    own = keep(_joined(activity.seen(paid, logged_in, as_of), activity.paid(paid, as_of), ordered))
    usual = refunds.usual(own)
    used = coupons.used(source, paid, as_of, of.link_days)
    common = coupons.by_group(used, members.select(ACCOUNT, "group_number"), _buyers(own))
    together = own.left_join(members, ACCOUNT).drop(f"{ACCOUNT}_right")
    together = together.left_join(_summed(own, members), "group_number").drop("group_number_right")
    together = together.left_join(beside(common, own), "group_number").drop("group_number_right")
    return together.select(**{ENTITY: together[ACCOUNT]}, **_values(together, usual))


def _joined(seen: ibis.Table, paid: ibis.Table, ordered: ibis.Table) -> ibis.Table:
    """One row per account seen, with 0 where it did nothing of the kind."""
    found = seen
    for part, names in ((paid, activity.PAID), (ordered, refunds.COLUMNS)):
        found = found.left_join(part, ACCOUNT).drop(f"{ACCOUNT}_right")
        found = found.mutate(**{name: found[name].fill_null(0.0) for name in names})
    return found.mutate(
        refunding=(found["refunded"] > 0).cast("float64"),
        new=(found["seen_first"] <= activity.NEW_DAYS).cast("float64"),
    )


def _buyers(own: ibis.Table) -> ibis.Table:
    return own.filter((own["payments"] > 0) | (own["orders"] > 0)).select(ACCOUNT)


def _summed(own: ibis.Table, members: ibis.Table) -> ibis.Table:
    """`group_number`, sums over its accounts, and when the first of them was seen."""
    inside = own.inner_join(members.select(ACCOUNT, "group_number"), ACCOUNT)
    return inside.group_by("group_number").aggregate(
        group_first=inside["seen_first"].max(), **{f"group_{name}": inside[name].sum() for name in _SUMS}
    )


def _values(t: ibis.Table, usual: refunds.Usual) -> dict[str, ibis.Value]:
    """`FEATURES` and `COUNTED` by name."""
    rest = {name: t[f"group_{name}"] - t[name] for name in activity.PAID}
    found: dict[str, ibis.Value] = {
        "declined_share": t["declined"] / t["payments"].nullif(0),
        "amount_mean": t["amount"] / t["payments"].nullif(0),
        "coupon_share": t["with_coupon"] / t["payments"].nullif(0),
        "age_days": t["seen_first"],
        "since_last_days": t["seen_last"],
        "refund_share": usual.shrunk(t["refunded"], t["orders"]),
        "refunded_value_share": t["refunded_value"] / t["ordered_value"].nullif(0),
        "group_age_days": t["group_first"],
        "new_accounts": t["group_new"],
        "rest_payments": rest["payments"],
        "rest_declined_share": rest["declined"] / rest["payments"].nullif(0),
        "rest_amount_mean": rest["amount"] / rest["payments"].nullif(0),
        "rest_coupon_share": rest["with_coupon"] / rest["payments"].nullif(0),
        "rest_frauds": rest["frauds"],
        "rest_defrauding": rest["defrauding"],
        "coupon_unlikely": -t["coupon_chance"].log10(),
        "group_refund_share": usual.shrunk(t["group_refunded"], t["group_orders"]),
        "group_refunded_value_share": t["group_refunded_value"] / t["group_ordered_value"].nullif(0),
    }
    found = {name: (found[name] if name in found else t[name]).cast("float64") for name in FEATURES}
    found |= {name: t[name] for name in COUNTED if not name.startswith("usual_")}
    return found | {"usual_refunds": ibis.literal(usual.rate), "usual_strength": ibis.literal(usual.strength)}
