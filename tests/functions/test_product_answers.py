"""`GET /v1/<collection>/{product}` through the real handler, for every family of products: always an answer."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from commerce.counters import OrderCount
from commerce.families import discover
from commerce.release import Release, arm
from commerce.scores import ProductAnswer
from functions.common import releases, score_rows
from functions.common.aws import client
from functions.common.releases import Pointer
from functions.ingest import counting
from functions.scores.handler import handler, metrics
from tests.functions.support import proxy_event
from tests.functions.test_scores import one, put_score
from tests.functions.test_scores import put_release as put_churn_release

NOW = datetime.now(UTC)
FAMILIES = {name: spec for name, spec in discover().items() if spec.collection}


@pytest.fixture(params=FAMILIES.values(), ids=list(FAMILIES))
def family(request):
    return request.param


def ask(event, context):
    reply = handler(event, context)
    return reply["statusCode"], json.loads(reply["body"])


def of(family, product="p-1", **changes):
    """A call of the family's route, as API Gateway hands it on."""
    resource = f"/v1/{family.collection}/{{product}}"
    return proxy_event("get_scores", **{"resource": resource, "pathParameters": {"product": product}} | changes)


def put_answer(account, family, product, version):
    """The spec's own example as that version's row; gives it."""
    answer = family.answer.model_json_schema()["examples"][0] | {"source": "model", "version": version}
    written = family.answer.model_validate(answer).model_dump(mode="json")
    row = score_rows.row(family.name, product, version, written, 2_000_000_000)
    account.dynamodb.put_item(TableName="test-scores", Item=row)
    return written


def put_release(account, family, **fields):
    release = Release(family=family.name, since=NOW, revision=1, **fields)
    item = releases.to_item(Pointer(release, {v: f"s3://m/{v}" for v in ("3", "4")}))
    account.dynamodb.put_item(TableName="test-releases", Item=item)
    return release


def sell(product, units, at=NOW):
    counted = [(f"m-{product}-{units}", OrderCount(None, at, {product: units}))]
    counting.add(client("dynamodb"), "test-counters", counted, now=NOW)


def test_a_released_versions_stored_answer_is_the_answer(account, context, family):
    # GIVEN version 3 is live, and the product has answers of it and of another
    put_release(account, family, champion="3")
    written = put_answer(account, family, "p-1", "3")
    put_answer(account, family, "p-1", "4")
    # WHEN the product is asked for
    status, body = ask(of(family), context)
    # THEN the live version answers, in the documented shape
    assert status == 200
    found = ProductAnswer.model_validate(body)
    assert (found.product_id, found.answer) == ("p-1", written)


def test_each_product_sees_the_version_of_its_arm(account, context, family):
    # GIVEN half of the products on a challenger
    release = put_release(account, family, champion="3", challenger="4", share=0.5)
    products = [f"p-{i}" for i in range(20)]
    for product in products:
        put_answer(account, family, product, "3")
        put_answer(account, family, product, "4")
    # WHEN each is asked for
    versions = {product: ask(of(family, product), context)[1]["answer"]["version"] for product in products}
    # THEN each has the version that the stable hash says, and both are seen
    assert versions == {product: arm(release, product) for product in products}
    assert set(versions.values()) == {"3", "4"}


def test_before_the_first_release_the_baseline_answers_from_what_was_sold(account, context, family):
    # GIVEN no release, and two products of which one is sold
    sell("p-1", 56)
    # WHEN both are asked for
    sold, unsold = (ask(of(family, product), context)[1]["answer"] for product in ("p-1", "p-2"))
    # THEN the baseline answers, says so, in the family's shape, and knows the sales
    for answer in (sold, unsold):
        assert (answer["source"], answer["version"]) == ("baseline", None)
        assert family.answer.model_validate(answer).model_dump(mode="json") == answer
    assert sold["reasons"] != unsold["reasons"]


def test_a_product_the_model_does_not_know_gets_the_baseline(account, context, family):
    # GIVEN a live version without a row of this product
    put_release(account, family, champion="3")
    # WHEN it is asked for
    status, body = ask(of(family, "new"), context)
    # THEN there is an answer all the same
    assert (status, body["product_id"], body["answer"]["source"]) == (200, "new", "baseline")


@pytest.mark.parametrize("broken", ["test-releases", "test-scores", "test-counters"])
def test_whatever_table_fails_there_is_an_answer_and_the_failure_is_counted(
    account, context, monkeypatch, family, broken
):
    # GIVEN a live version with one of two products, and a table that cannot be read
    put_release(account, family, champion="3")
    put_answer(account, family, "p-1", "3")
    sell("p-2", 5)
    real = client("dynamodb", read_timeout=1.0, attempts=2)._make_api_call.__func__
    counted = []

    def call(self, name, parameters):
        if broken in parameters.get("RequestItems", {}):
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    add_metric = metrics.add_metric
    monkeypatch.setattr(metrics, "add_metric", lambda *metric: counted.append(metric[0]) or add_metric(*metric))
    # WHEN both are asked for
    answers = [ask(of(family, product), context) for product in ("p-1", "p-2")]
    # THEN both have an answer: the model's where its tables can be read
    assert [status for status, _ in answers] == [200, 200]
    sources = [body["answer"]["source"] for _, body in answers]
    assert sources == ["model" if broken == "test-counters" else "baseline", "baseline"]
    assert "ModelFailures" in counted


def test_an_id_with_characters_of_its_own_is_found(account, context, family):
    # GIVEN a product whose id has to be escaped in a URL
    put_release(account, family, champion="3")
    put_answer(account, family, "tea/1 ü%", "3")
    # WHEN it is asked for as API Gateway hands it on
    _, body = ask(of(family, "tea%2F1%20%C3%BC%25"), context)
    # THEN it is that product
    assert (body["product_id"], body["answer"]["source"]) == ("tea/1 ü%", "model")


@pytest.mark.parametrize("product", ["", "x" * 256, None])
def test_an_id_that_is_none_is_refused(account, context, family, product):
    # GIVEN an id that is empty or too long
    # WHEN it is asked for
    status, body = ask(of(family, product), context)
    # THEN the answer says so in the one shape of errors
    assert (status, body["error"]["code"]) == (400, "invalid_request")
    assert "product id" in body["error"]["message"]


def test_no_other_method_and_no_other_collection_answers(account, context, family):
    # GIVEN the family's path with another method, and a collection that no spec has
    events = [of(family, httpMethod="POST"), of(family, resource="/v1/horoscopes/{product}")]
    # WHEN they are called
    replies = [ask(event, context) for event in events]
    # THEN there is no such route, and the message names those there are
    assert [status for status, _ in replies] == [404, 404]
    assert f"/v1/{family.collection}/{{product}}" in replies[1][1]["error"]["message"]


def test_customers_are_not_scored_by_a_family_of_products(account, context, family):
    # GIVEN a customer with a score, and a product of the same id with an answer
    put_churn_release(account, champion="3")
    put_score(account, "same", "3")
    put_release(account, family, champion="3")
    put_answer(account, family, "same", "3")
    # WHEN the product, then all scores of the customer, then this family's are asked for
    product = ask(of(family, "same"), context)
    everything = ask(one("same"), context)
    named = ask(one("same", queryStringParameters={"families": family.name}), context)
    # THEN each answers of its own, and the score routes know no such family
    assert product[1]["answer"]["family"] == family.name
    assert list(everything[1]["scores"]) == [name for name, spec in discover().items() if spec.scored]
    assert everything[1]["scores"]["churn"]["source"] == "model"
    assert (named[0], named[1]["error"]["code"]) == (404, "unknown_family")


def test_a_family_of_products_may_be_served_by_an_endpoint(account, context, monkeypatch, family):
    # GIVEN the family in endpoint mode, and an endpoint that answers
    spec = family.model_copy(update={"mode": "endpoint"})
    monkeypatch.setattr("functions.scores.requests.discover", lambda: {spec.name: spec})
    put_release(account, spec, champion="3")
    asked = []

    class Runtime:
        def invoke_endpoint(self, **parameters):
            asked.append(json.loads(parameters["Body"]))
            body = json.dumps({"answers": [spec.answer.model_json_schema()["examples"][0]]}).encode()
            return {"Body": type("Stream", (), {"read": lambda self: body})()}

    monkeypatch.setattr("functions.common.endpoints.client", lambda *a, **k: Runtime())
    # WHEN a product is asked for
    _, body = ask(of(spec), context)
    # THEN the endpoint is asked of it, and its answer is the answer
    assert asked == [{"family": spec.name, "instances": [{"entity_id": "p-1"}]}]
    assert (body["answer"]["source"], body["answer"]["version"]) == ("model", "3")


def test_an_order_that_came_in_over_the_api_is_known_to_the_baseline_at_once(account, context, family):
    # GIVEN a visitor's order, sent twice as clients do
    from functions.ingest.handler import handler as ingest

    properties = {"order_id": "o-1", "products": [{"product_id": "p-1", "quantity": 4}]}
    message = {"type": "track", "event": "Order Completed", "messageId": "m-1", "anonymousId": "v-1"}
    message |= {"timestamp": (NOW - timedelta(hours=1)).isoformat(), "properties": properties}
    event = proxy_event("batch", body=json.dumps({"batch": [message]}))
    before = ask(of(family), context)[1]["answer"]
    for _ in range(2):
        assert ingest(event, context)["statusCode"] == 200
    # WHEN the product is asked for
    after = ask(of(family), context)[1]["answer"]
    # THEN its answer has changed, to that of a product of which as much was sold once
    sell("p-2", 4, NOW - timedelta(hours=1))
    assert before["reasons"] != after["reasons"]
    assert ask(of(family, "p-2"), context)[1]["answer"]["reasons"] == after["reasons"]
