"""Memories of what visitors were shown: written, read back, forgotten, and what is ignored."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from commerce.actions import customer_key, visitor_key
from commerce.shown import HOURS, KEPT, key
from functions.common import lately
from functions.common.aws import client
from functions.common.shown import FORGOTTEN, Memory, add, latest, outdated

TABLE = "test-counters"
NOW = datetime.now(UTC).replace(microsecond=0)
WHOSE = key(customer_key("c-1"))


def memory(answer, minutes, *products):
    """Shown so many minutes ago."""
    return Memory(int((NOW - timedelta(minutes=minutes)).timestamp()), answer, list(products))


def remember(*memories, whose=WHOSE, forget=()):
    for each in memories:
        add(client("dynamodb"), TABLE, whose, each, forget)


def read(*keys):
    return lately.read(client("dynamodb"), TABLE, keys).shown


def test_answers_are_remembered_beside_each_other(account):
    # GIVEN two answers to a customer, neither of which was read before the other was written, and one to a visitor
    first, second, other = memory("a", 9, "tea", "jam"), memory("b", 5, "mug"), memory("a", 5, "tea")
    visitor = key(visitor_key("v-1"))
    remember(second, first)
    remember(other, whose=visitor)
    # WHEN they are read, with those of somebody who was shown nothing
    found = read(WHOSE, visitor, key(customer_key("nobody")))
    # THEN each has their own, the oldest first
    assert found == {WHOSE: [first, second], visitor: [other]}


def test_what_is_not_needed_goes_with_the_next_answer(account):
    # GIVEN three memories
    remember(*(memory(name, minutes, name) for name, minutes in (("a", 9), ("b", 5), ("c", 3))))
    # WHEN another is added in place of two of them, and of one that is not there any more
    remember(memory("d", 0, "d"), forget=["a", "b", "gone"])
    # THEN the others are left
    assert [each.answer for each in read(WHOSE)[WHOSE]] == ["c", "d"]


def test_of_very_many_the_oldest_go_first(account):
    # GIVEN more memories than one write removes
    names = [f"{number:03}" for number in range(FORGOTTEN + 5)]
    remember(*(memory(name, 200, "tea") for name in names))
    # WHEN all of them are to go
    remember(memory("new", 0, "mug"), forget=names)
    # THEN the last few wait for the next write
    assert [each.answer for each in read(WHOSE)[WHOSE]] == [*names[FORGOTTEN:], "new"]


def test_an_item_expires_with_its_newest_memory(account):
    # GIVEN a memory as old as they are kept
    remember(memory("a", HOURS * 60 + 1, "tea"))
    # WHEN it is read before DynamoDB has removed it, and once more after a new one
    expired = read(WHOSE)
    remember(memory("b", 1, "mug"))
    # THEN it is gone at first, and then as old as before
    assert expired == {}
    assert latest(read(WHOSE)[WHOSE], NOW) == ["mug"]
    (item,) = account.items("counters")
    assert int(item["ttl"]["N"]) == NOW.timestamp() - 60 + HOURS * 3600


@pytest.mark.parametrize("text", ["", "{", "{}", "7", "[1]", '["x", []]', "[1, 7]", "[NaN, []]", "[1e400, []]"])
def test_a_memory_that_cannot_be_read_is_as_good_as_none(account, text):
    # GIVEN a damaged memory beside a good one
    remember(memory("a", 1, "tea"))
    account.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": WHOSE[0]}, "sk": {"S": WHOSE[1]}},
        UpdateExpression="SET damaged = :text",
        ExpressionAttributeValues={":text": {"S": text}},
    )
    # WHEN both are read
    # THEN the good one is there
    assert [each.answer for each in read(WHOSE)[WHOSE]] == ["a"]


def test_a_table_that_does_not_take_it_raises(environment, account):
    # GIVEN a table that is not there
    # WHEN a memory is added to it
    # THEN whoever asked is told
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        add(client("dynamodb"), "nowhere", WHOSE, memory("a", 1, "tea"))


MEMORIES = st.lists(
    st.builds(
        lambda minutes, products: (minutes, products),
        st.integers(-5, 2 * HOURS * 60),
        st.lists(st.integers(0, 400).map(str), min_size=1, max_size=50),
    ),
    max_size=12,
).map(lambda told: [memory(f"a{number}", minutes, *products) for number, (minutes, products) in enumerate(told)])


@given(MEMORIES)
def test_what_is_forgotten_makes_no_difference_to_what_was_shown(memories):
    # GIVEN any memories
    # WHEN those that are outdated are forgotten
    gone = set(outdated(memories, NOW))
    kept = [each for each in memories if each.answer not in gone]
    # THEN the same is left out as before, and no memory is left that adds nothing
    shown = latest(memories, NOW)
    assert latest(kept, NOW) == shown
    assert outdated(kept, NOW) == []
    # AND that is bounded, of the last hours, the newest first and each once
    assert len(shown) == len(set(shown)) <= KEPT
    recent = [each for each in memories if each.at > NOW.timestamp() - HOURS * 3600]
    assert set(shown) <= {product for each in recent for product in each.products}
    if recent:
        assert shown[: len(set(max(recent).products))] == list(dict.fromkeys(max(recent).products))
