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

from commerce.events import PROPERTIES
from commerce.families import discover
from functions.openapi.document import build
from functions.openapi.generate import text
from functions.openapi.handler import handler
from tests.functions.http_server import API_KEY, serving
from tests.functions.support import WRITE_KEY, basic

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
    assert set(answers) == {name for name, spec in discover().items() if spec.entity == "customer"}
    assert set(schemas["Track"]["x-properties-by-event"]) == set(PROPERTIES)


def test_every_error_has_the_one_shape():
    # GIVEN all documented answers
    answers = [
        (status, response["content"]["application/json"]["schema"]["$ref"])
        for path in build()["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]
    # WHEN their schemas are looked at
    shapes = {ref.rpartition("/")[2] for _, ref in answers}
    # THEN each has `error` with `code` and `message`
    schemas = build()["components"]["schemas"]
    assert all(schemas[shape]["properties"]["error"]["$ref"].endswith("ErrorDetail") for shape in shapes)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_generated_request_finds_an_undocumented_answer(account, method, path, mode):
    # GIVEN requests that schemathesis makes from the document, right or wrong ones
    requests = OPERATIONS[method, path].as_strategy(generation_mode=mode)
    seen = []
    with serving() as (address, _):

        @settings(max_examples=20, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=requests)
        def send(case):
            # WHEN each is sent
            response = case.call(base_url=address, headers={"Authorization": basic(WRITE_KEY), "x-api-key": API_KEY})
            # THEN the answer is no server error, a documented one, and in its documented shape
            case.validate_response(response, checks=CHECKS)
            seen.append(response.status_code)

        try:
            send()
        except Unsatisfiable:
            pytest.skip("an operation without parameters and body has no wrong requests")
    assert seen
