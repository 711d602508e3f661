"""Functions behave as on AWS Lambda."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.local.conftest import wait_for

pytestmark = pytest.mark.cloud


def test_environment_is_kept_between_invocations(invoke):
    # GIVEN a function that was invoked
    _, first = invoke("probe-main", do="echo", value="a")

    # WHEN it is invoked again
    error, second = invoke("probe-main", do="echo", value="b")

    # THEN the same process answers
    assert error is None
    assert (second["value"], second["pid"]) == ("b", first["pid"])


def test_function_sees_its_own_variables_only(invoke, monkeypatch):
    # GIVEN a secret in the environment of whoever started the cloud

    # WHEN a function lists its variables
    _, answer = invoke("probe-main", do="echo")

    # THEN it has the platform's and its role's, nothing of this machine's
    environment = answer["environment"]
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "probe-main"
    assert environment["AWS_ACCESS_KEY_ID"] != "test"
    assert environment["AWS_SESSION_TOKEN"]
    assert not {"HOME", "USER", "PYTEST_CURRENT_TEST", "ROOT_ACCESS_KEYS"} & set(environment)


def test_only_what_is_packaged_can_be_imported(invoke):
    # GIVEN a zip without dependencies

    # WHEN the function imports a library of the project, or of the emulator
    errors = [invoke("probe-main", do="import", module=name)[1]["errorType"] for name in ("pydantic", "localemu")]

    # THEN both are missing, as they would be in AWS
    assert errors == ["ModuleNotFoundError", "ModuleNotFoundError"]


def test_missing_permission_fails_with_aws_wording(invoke):
    # GIVEN a role without any permission

    # WHEN its function reads a table
    call = {"service": "dynamodb", "operation": "get_item"}
    parameters = {"TableName": "private", "Key": {"pk": {"S": "1"}}}
    error, answer = invoke("probe-poor", do="call", **call, parameters=parameters)

    # THEN the call is refused as AWS refuses it
    assert error == "Unhandled"
    assert "(AccessDeniedException) when calling the GetItem operation" in answer["errorMessage"]
    assert "assumed-role/probe-PoorRole" in answer["errorMessage"]
    assert (
        "is not authorized to perform: dynamodb:GetItem on resource: "
        "arn:aws:dynamodb:us-east-1:000000000000:table/private because no identity-based policy allows the "
        "dynamodb:GetItem action"
    ) in answer["errorMessage"]


def test_batch_needs_permission_on_every_table(invoke):
    # GIVEN a role that may write to one of two tables
    put = [{"PutRequest": {"Item": {"pk": {"S": "1"}}}}]
    call = {"service": "dynamodb", "operation": "batch_write_item"}

    # WHEN it writes to its own, then to both
    allowed, _ = invoke("probe-main", do="call", **call, parameters={"RequestItems": {"own": put}})
    refused, answer = invoke("probe-main", do="call", **call, parameters={"RequestItems": {"own": put, "private": put}})

    # THEN the second is refused for the other table
    assert allowed is None
    assert refused == "Unhandled"
    assert "table/private" in answer["errorMessage"]


def test_a_condition_on_keys_is_judged_by_the_items_own(invoke):
    # GIVEN a role that may update the items of a table whose key begins with "mine#"
    call = {"service": "dynamodb", "operation": "update_item"}
    update = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "1"}}}

    # WHEN its function updates one of them, and one of others
    outcomes = [
        invoke("probe-main", do="call", **call, parameters={"TableName": "own", "Key": {"pk": {"S": key}}} | update)
        for key in ("mine#1", "yours#1")
    ]

    # THEN the second is refused
    assert [error for error, _ in outcomes] == [None, "Unhandled"]
    assert "not authorized to perform: dynamodb:UpdateItem" in outcomes[1][1]["errorMessage"]


def test_granted_call_is_allowed_and_recorded(cloud, invoke):
    # GIVEN a role that may read its table

    # WHEN its function does
    parameters = {"TableName": "own", "Key": {"pk": {"S": "x"}}}
    error, _ = invoke("probe-main", do="call", service="dynamodb", operation="get_item", parameters=parameters)

    # THEN it succeeds, and the record says so
    assert error is None
    resource = "arn:aws:dynamodb:us-east-1:000000000000:table/own"
    found = [c for c in cloud.calls() if (c["action"], c["resource"]) == ("dynamodb:GetItem", resource)]
    assert [c["allowed"] for c in found] == [True]
    assert found[0]["role"].startswith("probe-FunctionRole")


def test_time_out_is_a_time_out(invoke):
    # GIVEN a function that may take one second
    _, before = invoke("probe-hasty", do="echo")

    # WHEN it takes longer
    error, answer = invoke("probe-hasty", do="sleep", seconds=30)

    # THEN it is ended, and the next event gets a fresh process
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    _, after = invoke("probe-hasty", do="echo")
    assert after["invocations"] == 1
    assert after["pid"] != before["pid"]


def test_exception_is_reported_with_its_type(invoke):
    # GIVEN a handler that raises

    # WHEN it is invoked
    error, answer = invoke("probe-main", do="fail", message="no such customer")

    # THEN the answer is Lambda's error document
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "no such customer")
    assert answer["stackTrace"]


def test_crash_is_reported_and_survived(invoke):
    # GIVEN a handler that ends its process

    # WHEN it is invoked, and then again
    error, answer = invoke("probe-main", do="exit", code=3)
    recovered, _ = invoke("probe-main", do="echo")

    # THEN the crash has Lambda's words, and the next event is served
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert recovered is None


def test_killed_process_is_reported(invoke):
    # GIVEN a running function
    _, running = invoke("probe-poor", do="echo")

    # WHEN its process is killed between two events
    os.kill(running["pid"], signal.SIGKILL)
    error, answer = wait_for(lambda: invoke("probe-poor", do="echo"))

    # THEN the next event is served by a new one, or says that the process died
    assert error is None or answer["errorType"] == "Runtime.ExitError"
    assert invoke("probe-poor", do="echo")[1]["pid"] != running["pid"]


def test_failed_initialisation_is_reported(invoke):
    # GIVEN a function whose module is missing

    # WHEN it is invoked
    error, answer = invoke("probe-broken", do="echo")

    # THEN the initialisation's error comes back
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'absent'" in answer["errorMessage"]


def test_concurrent_events_get_processes_of_their_own(invoke):
    # GIVEN a function without reserved concurrency

    # WHEN three events come at once
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: invoke("probe-main", do="sleep", seconds=1), range(3)))
        answers = list(pool.map(lambda _: invoke("probe-main", do="echo"), range(3)))

    # THEN all are answered
    assert [error for error, _ in answers] == [None] * 3


def test_output_goes_to_the_configured_log_group(cloud, invoke):
    # GIVEN a function with a log group of its own

    # WHEN it prints
    invoke("probe-main", do="echo", value="find me")

    # THEN the line is in that group, between the platform's
    def found():
        events = cloud.client("logs").filter_log_events(logGroupName="/probe/main")["events"]
        messages = [event["message"].strip() for event in events]
        return messages if "echoing find me" in messages else None

    messages = wait_for(found)
    assert any(m.startswith("START RequestId: ") for m in messages)
    assert any(m.startswith("REPORT RequestId: ") for m in messages)
