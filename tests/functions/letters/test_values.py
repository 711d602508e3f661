"""What a letter knows of a customer: only what is documented, in a form that can stand in a letter."""

import pytest

from commerce.campaigns.offer import OfferDefinition
from functions.letters.names import catalogue
from tests.functions.letters.writing import of_a_stranger, values


def leaves(tree, prefix=""):
    """Names of all values of a nested mapping."""
    for name, value in tree.items():
        path = f"{prefix}{name}"
        yield from leaves(value, f"{path}.") if isinstance(value, dict) else [path]


def test_every_documented_variable_has_a_value_where_everything_is_known():
    # GIVEN a customer of whom everything is known, more than letters may name: other traits, a suspicion of the shop's
    # WHEN the values are made
    made = values(traits={"first_name": "Robin", "last_name": "Lee", "income": "high", "email": "r@x.example"})
    # THEN they are those of the catalogue and no others
    assert set(leaves(made)) == set(catalogue())


def test_what_is_always_there_is_there_for_a_stranger():
    # GIVEN somebody of whom nothing is known
    # WHEN the values are made
    # THEN they are those that the catalogue promises for everybody
    assert set(leaves(of_a_stranger())) == {v.name for v in catalogue().values() if v.always}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Robin", "Robin"),
        ("  Anne\r\nMarie ", "Anne Marie"),
        ("Zoë\u202egpj.exe", "Zoë gpj.exe"),
        ("Li\x00sa\ud800", "Li sa"),
        ("O'Neil <3", "O'Neil <3"),
        ("Win money: https://evil.example", None),
        ("www.evil.example", None),
        ("evil.example/win", None),
        ("me@evil.example", None),
        ("x" * 61, None),
        ("\u200e", None),
        ("", None),
        (None, None),
        (17, None),
        (["Robin"], None),
    ],
)
def test_a_name_is_one_or_it_is_left_out(given, shown):
    # GIVEN what somebody signed up as
    # WHEN the values are made
    customer = values(traits={"first_name": given})["customer"]
    # THEN it is a name on one line, or none: nobody's advertisement is sent for them
    assert customer.get("first_name") == shown


def test_reasons_are_words_and_few():
    # GIVEN an answer with more reasons than anybody reads, some empty
    reasons = [{"text": f"reason\n{i}", "contribution": 0.1} for i in range(20)] + [{"text": ""}, {}]
    # WHEN the values are made
    score = values(scores={"churn": {"probability": 0.5, "version": "3", "reasons": reasons}})["scores"]["churn"]
    # THEN ten are left, a line each, and of the rest only numbers
    assert score["reasons"] == [f"reason {i}" for i in range(10)]
    assert set(score) == {"probability", "reasons"}


@pytest.mark.parametrize(
    ("value", "url", "shown"),
    [
        ("10.00", None, (10, "https://shop.example")),
        ("2.5", "https://shop.example/offer?a=1&b=2", (2.5, "https://shop.example/offer?a=1&b=2")),
        ("5", 'https://shop.example/"><script>', (5, "https://shop.example")),
        ("5", "https://shop.example/größe", (5, "https://shop.example/größe")),
        ("5", "https://shop.example/\u202e", (5, "https://shop.example")),
        ("5", "https://shop.example/\\evil", (5, "https://shop.example")),
    ],
)
def test_an_offer_has_a_number_and_an_address_that_can_be_linked(value, url, shown):
    # GIVEN an offer, its address perhaps none to link
    offer = OfferDefinition.model_validate(
        {"title": "x", "kind": "amount", "value": value, "currency": "EUR", "cost": "1", "url": url}
    )
    # WHEN the values are made
    made = values(offer=offer, code=None, expires_on=None)["offer"]
    # THEN the number is plain, and the shop's page stands in for such an address
    assert (made["value"], made["url"]) == shown
    assert not {"code", "expires_on"} & set(made)


def test_products_are_words_on_a_line_each_and_few():
    # GIVEN items of an answer, more than a letter shows, one without a name and one with nothing but a name
    items = [
        {"product_id": "p-0", "name": None, "reason": "r", "position": 1},
        {"name": "Bowl"},
        *({"product_id": f"p-{i}", "name": f"Cup\n{i}", "reason": "x" * 400, "score": 0.1} for i in range(9)),
    ]
    # WHEN the values are made
    shown = values(recommendations=items)["recommendations"]
    # THEN six have a name, and of each there are its words and nothing else
    assert [product["name"] for product in shown] == ["Bowl", *(f"Cup {i}" for i in range(5))]
    assert shown[0] == {"name": "Bowl", "reason": "", "product_id": ""}
    assert shown[1] == {"name": "Cup 0", "reason": "x" * 300, "product_id": "p-0"}
