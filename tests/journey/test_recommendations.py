"""Recommendations on the local cloud: trained, released, asked over the API, moved by events, kept as exposures."""

import json
from datetime import UTC, datetime

import pytest

from tests.journey.test_events import eventually, objects, send
from tests.journey.test_loop import ask

QUESTIONS = {
    "for_you": {"customer_id": "3"},
    "next": {"recent": [{"product_id": "p5"}]},
    "buy_again": {"customer_id": "3"},
    "rerank": {"customer_id": "3", "products": ["p1", "p2", "p3"]},
    "also_bought": {"product_id": "p5"},
    "also_viewed": {"product_id": "p5"},
    "similar": {"product_id": "p5"},
    "bundles": {"cart": ["p5", "p10"]},
    "trending": {},
}


def recommend(shop, **question):
    status, body = ask(shop, "/v1/recommendations", question, shop.api_key)
    return status, body


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_by_the_released_version(recommending, question):
    # GIVEN a released version
    # WHEN a question is asked through the gateway
    status, body = recommend(recommending, question=question, **QUESTIONS[question])
    # THEN the version answers, with names and reasons
    assert status == 200, body
    assert (body["answer"]["source"], body["answer"]["question"]) in {("model", question), ("cold_start", question)}
    assert body["answer"]["version"]
    assert all(item["name"].startswith("Product") and item["reason"] for item in body["answer"]["items"])


def test_a_customers_own_products_come_first(recommending):
    # GIVEN a customer with a history
    # WHEN asked what is for them
    _, body = recommend(recommending, question="for_you", customer_id="3")
    # THEN it is theirs, from their published profile
    assert body["answer"]["source"] == "model"
    assert body["answer"]["items"][0]["origin"] == "bought"


def test_an_event_of_a_moment_ago_decides_what_is_next(recommending):
    # GIVEN a visitor nobody knows, of whom nothing is next yet
    visitor = "journey-visitor"
    _, before = recommend(recommending, question="next", anonymous_id=visitor)
    # WHEN they look at a product, and the same is asked
    viewed = {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": visitor,
        "messageId": "journey-view",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {"product_id": "p7"},
    }
    send(recommending, "/v1/batch", {"batch": [viewed]})
    _, after = recommend(recommending, question="next", anonymous_id=visitor)
    # THEN the answer is of the session
    assert before["answer"]["source"] == "cold_start"
    assert after["answer"]["source"] == "model"
    assert "p7" not in [item["product_id"] for item in after["answer"]["items"]]


def test_what_was_shown_a_moment_ago_is_not_shown_again(recommending):
    # GIVEN a visitor who was answered without what they were shown, which so far was nothing
    question = {"question": "trending", "anonymous_id": "journey-reader", "limit": 3}
    question |= {"controls": {"exclude_shown": True}}
    _, first = recommend(recommending, **question)
    # WHEN they ask once more
    _, second = recommend(recommending, **question)
    # THEN the products are others
    shown = [{item["product_id"] for item in body["answer"]["items"]} for body in (first, second)]
    assert all(shown), "an answer shows nothing"
    assert not shown[0] & shown[1]


def test_what_was_shown_is_kept_with_its_places(recommending):
    # GIVEN an answer
    _, body = recommend(recommending, question="for_you", customer_id="4", limit=3)
    exposure = body["exposure_id"]

    def kept():
        found = [row for row in objects(recommending, "raw/events/") if exposure in json.dumps(row)]
        return found or None

    # WHEN the stream has been written
    rows = eventually(kept, seconds=90)
    # THEN the exposure names every product with its place
    assert rows, "no exposure in the lake after 90 seconds"
    properties = rows[0]["properties"]
    properties = json.loads(properties) if isinstance(properties, str) else properties
    assert [one["item_id"] for one in properties["items"]] == [i["product_id"] for i in body["answer"]["items"]]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({"question": "horoscope"}, "for_you"),
        ({"question": "bundles", "cart": []}, "cart"),
        ({"question": "bundles", "cart": ["p"] * 10_000}, "cart"),
        ({"question": "for_you"}, "customer_id"),
        ({"question": "similar", "product_id": 7.5}, "product_id"),
    ],
)
def test_a_bad_question_is_told_what_is_wrong(recommending, question, says):
    # GIVEN a question that cannot be answered
    # WHEN asked
    status, body = recommend(recommending, **question)
    # THEN it is the caller's error, and the message says where
    assert status == 400
    assert says in body["error"]["message"]


def test_the_command_line_asks_as_an_app_would(recommending):
    # GIVEN a released version
    # WHEN asked by the command
    result = recommending.shopkeeper("ask", "recommendations", "for_you", "--customer", "3", "--json")
    # THEN the API's answer is printed
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["answer"]["items"]
