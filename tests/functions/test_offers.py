"""Offers, the coupons that were issued of them, and what a coupon is good for."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.functions.campaign_fixtures import OFFER, call, save_offer

PATH = "/v1/offers/ten-off"
TODAY = datetime.now(UTC).date()


def issue(account, number, offer="ten-off"):
    """Count coupons as issued."""
    item = {"pk": {"S": f"budget#offer#{offer}"}, "sk": {"S": "budget"}, "issued": {"N": str(number)}}
    account.dynamodb.put_item(TableName="test-letters", Item=item)


def coupon(account, code="0123456789AB", expires_on=TODAY):
    """An issued coupon, as deliver writes it."""
    values = {
        "pk": f"coupon#{code}",
        "sk": "coupon",
        "offer_id": "ten-off",
        "campaign_id": "win-back",
        "customer_id": "customer-77",
        "issued_on": (expires_on - timedelta(days=30)).isoformat(),
        "expires_on": expires_on.isoformat(),
    }
    account.dynamodb.put_item(TableName="test-letters", Item={name: {"S": value} for name, value in values.items()})


def test_an_offer_is_made_and_changed_by_the_same_call(account, context):
    # GIVEN no offer
    # WHEN one is put, and put again with another limit
    made = call(context, "PUT", PATH, OFFER)
    changed = call(context, "PUT", PATH, OFFER | {"limit": 5})
    # THEN it is there, as it was last put
    assert (made[0], changed[0]) == (201, 200)
    assert made[1]["definition"]["cost"] == "2.5"
    assert call(context, "GET", PATH)[1]["definition"]["limit"] == 5


def test_an_offer_says_how_many_coupons_were_issued(account, context):
    # GIVEN two offers, one of them with coupons
    for name in ("ten-off", "five-off"):
        save_offer(account, name)
    issue(account, 3)
    # WHEN they are listed
    _, body, _ = call(context, "GET", "/v1/offers")
    # THEN each has its number, in the order of ids
    assert [(offer["id"], offer["issued"]) for offer in body["offers"]] == [("five-off", 0), ("ten-off", 3)]
    assert call(context, "GET", PATH)[1]["issued"] == 3


def test_no_offers_are_an_empty_list(account, context):
    # GIVEN none
    # WHEN they are listed
    # THEN there are none
    assert call(context, "GET", "/v1/offers")[:2] == (200, {"offers": []})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": "0"}, "above 0"),
        ({"value": "101"}, "at most 100"),
        ({"kind": "amount"}, "needs its currency"),
        ({"cost": "-1"}, "cost"),
        ({"limit": 0}, "limit"),
        ({"url": "http://shop.example"}, "url"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_offer_is_refused(account, context, changes, words):
    # GIVEN a body with one thing wrong
    # WHEN it is put
    status, body, _ = call(context, "PUT", PATH, OFFER | changes)
    # THEN the answer says what
    assert status == 400
    assert words in body["error"]["message"]


@pytest.mark.parametrize("name", ["A", "-x", "x", "x" * 41, "a%2Fb"])
def test_what_cannot_be_an_id_is_refused(account, context, name):
    # GIVEN a name that is no id
    # WHEN an offer is put there, or asked for
    # THEN it is refused, or not found
    assert call(context, "PUT", f"/v1/offers/{name}", OFFER)[0] == 400
    assert call(context, "GET", f"/v1/offers/{name}")[0] == 404


@pytest.mark.parametrize("typed", ["0123456789AB", "0123456789ab", "o123-4567%2089AB", "OI23456789AB"])
def test_a_coupon_is_found_however_it_is_typed(account, context, typed):
    # GIVEN a coupon
    coupon(account)
    # WHEN the checkout asks for it, in lower case, with spaces, or with letters that look like digits
    status, body, _ = call(context, "GET", f"/v1/coupons/{typed}")
    # THEN it is found, and names no customer
    assert (status, body["code"], body["offer_id"], body["valid"]) == (200, "0123456789AB", "ten-off", True)
    assert "customer-77" not in str(body)


def test_a_coupon_is_good_until_the_end_of_its_last_day(account, context):
    # GIVEN a coupon of yesterday
    coupon(account, expires_on=TODAY - timedelta(days=1))
    # WHEN it is asked for
    _, body, _ = call(context, "GET", "/v1/coupons/0123456789AB")
    # THEN it is not valid any more
    assert (body["valid"], body["expires_on"]) == (False, (TODAY - timedelta(days=1)).isoformat())


@pytest.mark.parametrize("code", ["ZZZZZZZZZZZZ", "short", "x" * 3000, "%F0%9F%8D%8E"])
def test_a_code_that_was_not_issued_is_not_found(account, context, code):
    # GIVEN a coupon of another code
    coupon(account)
    # WHEN it is asked for
    status, body, _ = call(context, "GET", f"/v1/coupons/{code}")
    # THEN there is none
    assert (status, body["error"]["code"]) == (404, "unknown_coupon")
