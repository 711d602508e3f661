"""Why an execution failed, in words."""

import json

import pytest

from cli.executions import in_words

JOB = {"ProcessingJobName": "x", "FailureReason": "AlgorithmError: the lake is empty, exit code: 1"}
FUNCTION = {"errorMessage": "there is no model family 'x'", "errorType": "LookupError", "stackTrace": ["…"]}


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("timed out", "timed out"),
        (json.dumps(JOB), JOB["FailureReason"]),
        (json.dumps(FUNCTION), FUNCTION["errorMessage"]),
        (json.dumps({"Error": "States.TaskFailed", "Cause": json.dumps(JOB)}), JOB["FailureReason"]),
        (json.dumps({"Error": "States.Timeout"}), "States.Timeout"),
        ("[1]", "[1]"),
    ],
)
def test_the_reason_is_found_however_deep_it_is_wrapped(cause, words):
    # GIVEN a cause as Step Functions reports it
    # WHEN it is put in words
    found = in_words(cause)
    # THEN it is the job's or function's own sentence
    assert found == words
