"""Groups of accounts are the connected components of what they share."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.accounts.made import Tables, known, login, payment
from training.accounts.graph import KINDS, groups

USES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(KINDS), st.integers(0, 6)), min_size=1, max_size=40, unique=True
)


def edges(uses):
    """A table of uses."""
    account, kind, thing = zip(*uses, strict=True)
    return pa.table({"customer_id": [f"c-{n:02d}" for n in account], "kind": kind, "thing": [f"t-{n}" for n in thing]})


def united(uses):
    """Members of every component, by joining accounts one use after the other."""
    group = {account: {account} for account, _, _ in uses}
    for a, kind, thing in uses:
        for b, *other in uses:
            if other == [kind, thing] and group[a] is not group[b]:
                joined = group[a] | group[b]
                group |= dict.fromkeys(joined, joined)
    return {frozenset(f"c-{n:02d}" for n in members) for members in group.values()}


@settings(max_examples=60, deadline=None)
@given(USES, st.randoms(use_true_random=False))
def test_groups_are_what_joining_one_use_after_the_other_gives_in_any_order(uses, random):
    # GIVEN uses of things by accounts
    found = groups(edges(uses))
    members = {}
    for row in found.to_pylist():
        members.setdefault(row["group_number"], set()).add(row["customer_id"])
    # WHEN they come in another order
    shuffled = random.sample(uses, len(uses))
    # THEN the table is the same, its groups are the components, and each account's group has so many accounts
    assert groups(edges(shuffled)).equals(found)
    assert {frozenset(group) for group in members.values()} == united(uses)
    assert all(row["accounts"] == len(members[row["group_number"]]) for row in found.to_pylist())


def test_what_a_group_shares_is_counted_by_kind():
    # GIVEN three accounts in a chain: two share two cards, two of them a device
    found = groups(
        edges([(1, "card", 1), (2, "card", 1), (1, "card", 2), (2, "card", 2), (2, "device", 3), (3, "device", 3)])
    )
    # WHEN the middle one is looked at
    row = found.to_pylist()[1]
    # THEN it has both others as neighbours, and both kinds join two of the three
    counted = {
        name: row[name] for name in ("accounts", "neighbours", "kinds", "joining", "card_things", "card_accounts")
    }
    assert counted == {"accounts": 3, "neighbours": 2, "kinds": 2, "joining": 2, "card_things": 2, "card_accounts": 2}
    assert (row["device_things"], row["device_accounts"], row["address_things"]) == (1, 2, 0)


def test_accounts_are_linked_by_cards_devices_and_addresses_of_payments_and_by_devices_of_logins():
    # GIVEN accounts in a chain, each link of another kind
    source = Tables(
        payments=[
            payment("a", card_fingerprint="k"),
            payment("b", card_fingerprint="k", shipping_address="s"),
            payment("c", shipping_address="s", device_id="d"),
        ],
        logins=[login("d", "d")],
    )
    # WHEN their features are made THEN they are one group of three kinds
    rows = known(source)
    assert {name: (row["accounts"], row["kinds"]) for name, row in rows.items()} == dict.fromkeys("abcd", (4, 3))


def test_what_too_many_share_is_no_link():
    # GIVEN an address of four accounts, two of which share a card
    rows = [payment(name, shipping_address="office", card_fingerprint="k" if name in "ab" else name) for name in "abcd"]
    # WHEN three may share a thing
    found = known(Tables(payments=rows), most_sharing=3)
    # THEN the card alone links
    assert {name: row["accounts"] for name, row in found.items()} == {"a": 2, "b": 2, "c": None, "d": None}


def test_a_device_that_tried_passwords_in_vain_is_no_link():
    # GIVEN a device that failed to log in to two accounts, and one of them that logged in with it
    rows = [login("a", "d", succeeded=False), login("b", "d", succeeded=False), login("b", "d")]
    # WHEN features are made THEN the account that it got into stands alone
    assert {name: row["accounts"] for name, row in known(Tables(logins=rows)).items()} == {"b": None}
