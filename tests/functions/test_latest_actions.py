"""Items of visitors' latest actions: written and read back, and what is ignored."""

from datetime import UTC, datetime, timedelta

import pytest

from commerce.actions import DAYS, Action, customer_key, visitor_key
from functions.common import lately
from functions.common.actions import Told, instant, to_item
from functions.common.aws import client

TABLE = "test-counters"
AT = datetime.now(UTC) - timedelta(hours=1)
KEY = customer_key("c-1")
TOLD = [
    Told(instant(AT), "m-1", "viewed", ["a"]),
    Told(instant(AT + timedelta(seconds=1)), "m-2", "ordered", ["b", "c"]),
]


def read(*arguments):
    return lately.read(*arguments).actions


def keep(item):
    client("dynamodb").put_item(TableName=TABLE, Item=item)


def test_actions_are_read_as_they_were_told_the_oldest_first(account):
    # GIVEN a customer's and a visitor's actions
    visitor = visitor_key("v-1")
    keep(to_item(KEY, TOLD, 1))
    keep(to_item(visitor, TOLD[:1], 1))
    # WHEN they are read, with those of somebody who did nothing
    found = read(client("dynamodb"), TABLE, [KEY, visitor, KEY, customer_key("nobody")])
    # THEN each action is there with its time, and nobody's are not
    viewed = Action(kind="viewed", product_id="a", at=AT)
    later = AT + timedelta(seconds=1)
    ordered = [Action(kind="ordered", product_id=product, at=later) for product in ("b", "c")]
    assert found == {KEY: [viewed, *ordered], visitor: [viewed]}


def test_an_item_expires_after_the_last_action(account):
    # GIVEN actions whose last is as old as they are kept
    last = datetime.now(UTC) - timedelta(days=DAYS, seconds=1)
    keep(to_item(KEY, [Told(instant(last), "m-1", "viewed", ["a"])], 1))
    # WHEN they are read before DynamoDB has removed them
    # THEN there are none
    assert read(client("dynamodb"), TABLE, [KEY]) == {}


@pytest.mark.parametrize(
    "told",
    [None, {"N": "1"}, *({"S": text} for text in ("", "{", "{}", "7", "[1]", '[["x"]]', '[["x","m","viewed",["a"]]]'))],
)
def test_an_item_that_cannot_be_read_is_as_good_as_none(account, told):
    # GIVEN one item that is damaged beside a good one
    other = customer_key("c-2")
    item = to_item(KEY, TOLD, 1) | {"told": told}
    keep({name: value for name, value in item.items() if value is not None})
    keep(to_item(other, TOLD, 1))
    # WHEN both are read
    # THEN the good one is told
    assert list(read(client("dynamodb"), TABLE, [KEY, other])) == [other]
