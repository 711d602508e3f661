"""The deployed API does what its own document says: no server error, no undocumented answer."""

import json
import urllib.request

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.openapi.document import build
from tests.functions.support import basic

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(build())
STARTS_A_JOB = {("delete", "/v1/customers/{id}"), ("get", "/v1/customers/{id}/export")}
OPERATIONS = {(op.ok().method, op.ok().path): op.ok() for op in SCHEMA.get_all_operations()}


def test_the_document_is_served(shop):
    # GIVEN the deployed API
    # WHEN its document is asked for, without any key
    with urllib.request.urlopen(f"{shop.api}/v1/openapi.json", timeout=60) as answer:
        served = json.load(answer)
    # THEN it has every path of the committed one
    committed = json.loads((shop.project / "docs" / "openapi.json").read_text())
    assert served["paths"].keys() == committed["paths"].keys()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_generated_request_finds_an_undocumented_answer(shop, method, path):
    # GIVEN requests that schemathesis makes from the document
    headers = {"authorization": basic(shop.write_key), "x-api-key": shop.api_key}
    requests = OPERATIONS[method, path].as_strategy()

    @settings(
        max_examples=3 if (method, path) in STARTS_A_JOB else 15,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests)
    def holds(case):
        if "id" in case.path_parameters:
            # A made-up id may be a customer's of another test, who would be erased.
            case.path_parameters["id"] = f"nobody-{case.path_parameters['id']}"
        # WHEN they are sent through the gateway
        answer = case.call(base_url=shop.api, headers=headers)
        # THEN the answer is a documented one, and never the server's fault
        case.validate_response(answer, checks=CHECKS)

    holds()
