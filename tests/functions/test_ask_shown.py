"""Answers that remember what they showed a visitor, through the real handler: the next one leaves it out."""

import json

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from commerce.shown import SHOWN
from functions.common import exposures
from tests.functions.asking_runtime import ANSWER, ITEMS, asked, measured

EXCLUDING = {"question": "for_you", "customer_id": "c-1", "controls": {"exclude_shown": True}}


def told_as_shown(runtime):
    """What the endpoint was told at each call."""
    return [json.loads(call["Body"])["instances"][0]["shown"] for call in runtime.asked]


def memories(account):
    return [item for item in account.items("counters") if item["sk"]["S"] == SHOWN]


def test_the_next_answer_leaves_out_what_the_last_one_showed(account, context, runtime):
    # GIVEN a customer who is answered without what they were shown
    asked(context, EXCLUDING)
    # WHEN they ask again, as ever and without it, and there is something else
    asked(context, EXCLUDING | {"controls": {}})
    runtime.answer = ANSWER | {"items": [ITEMS[0] | {"product_id": "mug"}]}
    asked(context, EXCLUDING)
    # THEN the model is told of it where it matters
    assert told_as_shown(runtime) == [[], [], ["tea", "jam"]]
    # AND one item remembers the answers to those who asked for it
    (item,) = memories(account)
    assert item["pk"]["S"] == "shown#customer#c-1"
    assert len(item.keys() - {"pk", "sk", "ttl"}) == 2


def test_a_visitor_who_logs_in_is_not_shown_the_same_again(context, runtime):
    # GIVEN what a visitor was shown
    asked(context, {"question": "next", "anonymous_id": "v-1", "controls": {"exclude_shown": True}})
    # WHEN they ask as a customer, with both ids
    asked(context, EXCLUDING | {"anonymous_id": "v-1"})
    # THEN the model is told of it
    assert told_as_shown(runtime) == [[], ["tea", "jam"]]


def test_where_the_model_fails_what_was_shown_is_left_out_too(context, runtime):
    # GIVEN an endpoint in trouble
    runtime.behaviour = b"fails"
    # WHEN a customer asks twice for what they were not shown
    answers = [asked(context, EXCLUDING)[1]["answer"] for _ in range(2)]
    # THEN the second answer is rather empty than the same again
    assert [[item["product_id"] for item in answer["items"]] for answer in answers] == [["milk", "bread"], []]


def test_a_question_that_does_not_ask_for_it_remembers_nothing(account, context, runtime):
    # GIVEN a question as ever
    # WHEN it is asked
    asked(context)
    # THEN nothing is written to the counters
    assert account.items("counters") == []


def test_an_answer_that_is_not_remembered_is_counted_and_given(context, runtime, monkeypatch, capsys):
    # GIVEN a table that takes nothing
    calls, real = [], BaseClient._make_api_call

    def call(self, name, parameters):
        if name == "UpdateItem":
            calls.append(self.meta.config)
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    # WHEN a customer asks for what they were not shown
    status, body = asked(context, EXCLUDING)
    # THEN the answer is given, and the loss is counted apart from failed reads
    assert (status, body["answer"]["source"]) == (200, "model")
    values, _ = measured(capsys)
    assert values["MemoryFailures"] == [1.0]
    assert "ReadFailures" not in values
    # AND it was tried once, for no longer than an exposure
    (config,) = calls
    assert (config.connect_timeout, config.read_timeout) == (exposures.SECONDS, exposures.SECONDS)
    assert config.retries["total_max_attempts"] == 1
