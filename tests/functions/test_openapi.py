"""The OpenAPI document: what is committed is what is served is what the API does."""

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from commerce.campaigns.campaign import CampaignDefinition
from commerce.events import PROPERTIES
from commerce.families import discover
from commerce.scores import ProductAnswer
from functions.openapi.document import build
from functions.openapi.generate import text
from functions.openapi.handler import handler
from tests.functions.campaign_fixtures import BODY, OFFER, definition, save_template
from tests.functions.http_server import API_KEY, serving
from tests.functions.support import SERVER_KEY, basic, session_client

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(build())
OPERATIONS = {(op.ok().method, op.ok().path): op.ok() for op in SCHEMA.get_all_operations()}


def test_the_committed_document_is_the_generated_one():
    # GIVEN the document in docs/
    # WHEN it is generated anew
    generated = text()
    # THEN they are the same; else run: python -m functions.openapi.generate
    assert COMMITTED.read_text("utf-8") == generated


def test_the_document_is_served_as_it_is(context):
    # GIVEN the function that serves it
    # WHEN it is asked
    reply = handler({"httpMethod": "GET"}, context)
    # THEN any page may read it
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"]) == build()
    assert reply["headers"]["Access-Control-Allow-Origin"] == "*"


def test_every_family_and_every_known_event_is_described():
    # GIVEN the families and the catalogue of events
    schemas = build()["components"]["schemas"]
    # WHEN they are looked for
    answers = schemas["CustomerScores"]["properties"]["scores"]["properties"]
    # THEN each has its schema
    assert set(answers) == {name for name, spec in discover().items() if spec.scored}
    assert set(schemas["Track"]["x-properties-by-event"]) == set(PROPERTIES)


def test_every_question_is_described_and_its_example_is_one():
    # GIVEN the families that answer questions of their own
    routes = {name: spec.route for name, spec in discover().items() if spec.route}
    for name, route in routes.items():
        # WHEN the body of the route is looked at
        content = build()["paths"][f"/v1/{name}"]["post"]["requestBody"]["content"]["application/json"]
        # THEN every question has its schema, found by its word, and an example that is valid
        assert set(content["schema"]["discriminator"]["mapping"]) == set(route.kinds) == set(content["examples"])
        assert len(content["schema"]["oneOf"]) == len(route.kinds)
        for kind, example in content["examples"].items():
            assert route.kinds[kind].model_validate(example["value"], strict=True)
    assert routes


def test_what_is_said_of_products_is_described_with_an_example_of_its_shape():
    # GIVEN the families of products
    document = build()
    families = [spec for spec in discover().values() if spec.collection]
    for spec in families:
        # WHEN the answer of their route is looked at
        operation = document["paths"][f"/v1/{spec.collection}/{{product}}"]["get"]
        content = operation["responses"]["200"]["content"]["application/json"]
        # THEN it has the family's shape, an example that is one, and needs a key
        schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        assert schema["properties"]["answer"]["$ref"].endswith(f"/{spec.answer.__name__}")
        assert spec.answer.model_validate(ProductAnswer.model_validate(content["example"]).answer)
        assert operation["security"] == [{"apiKey": []}]
    assert families


def test_every_error_has_the_one_shape():
    # GIVEN all documented answers
    answers = [
        response["content"]
        for path in build()["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]
    # WHEN their schemas are looked at (people who unsubscribe get a page)
    json_answers = [content["application/json"] for content in answers if set(content) != {"text/html"}]
    shapes = {content["schema"]["$ref"].rpartition("/")[2] for content in json_answers}
    # THEN each has `error` with `code` and `message`
    schemas = build()["components"]["schemas"]
    assert all(schemas[shape]["properties"]["error"]["$ref"].endswith("ErrorDetail") for shape in shapes)


@pytest.fixture
def workflows(account):
    """What the API starts, which does nothing here."""
    nothing = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    for name in ("test-campaign", "test-privacy"):
        role = "arn:aws:iam::123456789012:role/workflow"
        session_client("stepfunctions").create_state_machine(name=name, definition=nothing, roleArn=role)
    session_client("scheduler").create_schedule_group(Name="test-campaigns")
    return account


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_generated_request_finds_an_undocumented_answer(workflows, method, path, mode):
    # GIVEN requests that schemathesis makes from the document, right or wrong ones
    requests = OPERATIONS[method, path].as_strategy(generation_mode=mode)
    seen = []
    with serving() as (address, _):

        @settings(max_examples=20, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=requests)
        def send(case):
            # WHEN each is sent
            response = case.call(base_url=address, headers={"Authorization": basic(SERVER_KEY), "x-api-key": API_KEY})
            # THEN the answer is no server error, a documented one, and in its documented shape
            case.validate_response(response, checks=CHECKS)
            seen.append(response.status_code)

        try:
            send()
        except Unsatisfiable:
            pytest.skip("an operation without parameters and body has no wrong requests")
    assert seen


SOON = {"at": "2100-01-01T00:00:00Z"}
LIFE = [
    ("POST", "/v1/campaigns", BODY, 201),
    ("POST", "/v1/campaigns", BODY, 200),
    ("POST", "/v1/campaigns", BODY | {"author": "Kim"}, 409),
    ("GET", "/v1/campaigns", None, 200),
    ("GET", "/v1/campaigns/win-back", None, 200),
    ("PUT", "/v1/campaigns/win-back", definition(budget={"amount": "100", "currency": "EUR"}), 200),
    ("PUT", "/v1/campaigns/win-back", definition(audience="nothing"), 400),
    ("POST", "/v1/campaigns/win-back/preview", None, 202),
    ("POST", "/v1/campaigns/win-back/pause", None, 409),
    ("POST", "/v1/campaigns/win-back/schedule", SOON, 200),
    ("POST", "/v1/campaigns/win-back/start", None, 202),
    ("POST", "/v1/campaigns/win-back/start", None, 202),
    ("POST", "/v1/campaigns/win-back/schedule", SOON, 409),
    ("GET", "/v1/campaigns/win-back/results", None, 404),
    ("POST", "/v1/campaigns/win-back/pause", None, 200),
    ("POST", "/v1/campaigns/win-back/resume", None, 202),
    ("POST", "/v1/campaigns/win-back/cancel", None, 200),
    ("POST", "/v1/campaigns/win-back/start", None, 409),
    ("PUT", "/v1/offers/ten-off", OFFER, 201),
    ("PUT", "/v1/offers/ten-off", OFFER, 200),
    ("GET", "/v1/offers", None, 200),
    ("GET", "/v1/offers/ten-off", None, 200),
    ("GET", "/v1/coupons/AAAAAAAAAAAA", None, 404),
    ("GET", "/v1/templates", None, 200),
    ("GET", "/v1/templates/win-back", None, 200),
    ("GET", "/v1/templates/win-back/versions", None, 200),
    ("POST", "/v1/templates/win-back/preview", {}, 200),
]


def test_the_answers_of_a_campaigns_life_are_as_documented(workflows):
    # GIVEN a template
    save_template(workflows)
    with serving() as (address, _):
        for method, path, content, status in LIFE:
            parts = path.split("/")
            name = "{code}" if parts[2] == "coupons" else "{id}"
            known = "/".join([*parts[:3], *([name] * (len(parts) > 3)), *parts[4:]])
            sent = content.model_dump(mode="json") if isinstance(content, CampaignDefinition) else content
            # WHEN one action after the other is taken
            case = OPERATIONS[method.lower(), known].Case(
                path_parameters={"id": parts[3], "code": parts[3]} if len(parts) > 3 else {},
                **({} if sent is None else {"body": sent, "media_type": "application/json"}),
            )
            response = case.call(base_url=address, headers={"x-api-key": API_KEY})
            # THEN each answer is as the document says
            assert response.status_code == status, (method, path, response.text)
            case.validate_response(response, checks=CHECKS)
