"""`release`, `rollback` and `status` against the release function itself, with its table and registry in process."""

from __future__ import annotations

import io
import json

import pytest

from cli import releases
from cli.environment import Environment
from functions.register.handler import handler as register
from functions.release.handler import handler as release
from tests.functions import runs
from tests.functions.conftest import account, context, environment
from tests.functions.support import session_client

__all__ = ["account", "context", "environment"]


@pytest.fixture
def shop(account, context, monkeypatch, run):
    """The command in an environment with the release function and versions 1 and 2 of churn."""

    class Lambda:
        def invoke(self, FunctionName, Payload):
            assert FunctionName == "shopkeeper-local-release"
            try:
                return {"Payload": io.BytesIO(json.dumps(release(json.loads(Payload), context)).encode())}
            except Exception as error:  # noqa: BLE001 - Lambda answers whatever a function raises
                body = {"errorMessage": str(error)}
                return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(body).encode())}

    class Shop(Environment):
        def client(self, service, **_):
            return Lambda() if service == "lambda" else session_client(service)

    for number in (1, 2):
        planned = runs.planned(run_id=f"20260101-00000{number}").model_dump(mode="json")
        uri = f"s3://test-models/{number}.tar.gz"
        register({"run": planned, "model_uri": uri, "verdict": {"accepted": True, "reasons": []}}, context)
    monkeypatch.setattr(releases, "connect", lambda name: Shop("local", {"ReleasesTable": "test-releases"}))
    monkeypatch.setattr(releases.executions, "latest", lambda environment: [])
    return run


def test_an_ab_test_is_begun_shown_and_ended_in_favour_of_the_challenger(shop):
    # GIVEN a live version
    shop("release", "churn", "1")
    # WHEN another is tried on half the visitors, and then released
    begun, shown, ended = (
        shop("release", "churn", "2", "--share", "0.5"), shop("status"), shop("release", "churn", "2")
    )  # fmt: skip
    # THEN each step says what visitors see
    assert "50% of the visitors see version 2, the others version 1" in begun.output
    assert ["churn", "1", "2", "50%"] in [line.split()[:4] for line in shown.output.splitlines()]
    assert "version 2 is live" in ended.output


def test_rolling_back_ends_an_ab_test_in_favour_of_the_live_version(shop):
    # GIVEN an A/B test
    shop("release", "churn", "1")
    shop("release", "churn", "2", "--share", "0.2")
    # WHEN the family is rolled back
    result = shop("rollback", "churn")
    # THEN the challenger is gone, and the live version answers everybody
    assert "version 2 is taken back; version 1 answers" in result.output
    assert ["churn", "1", "–", "–"] in [line.split()[:4] for line in shop("status").output.splitlines()]


def test_before_the_first_release_a_version_is_tried_against_the_baseline(shop):
    # GIVEN a family that was never released
    # WHEN a version is tried
    result = shop("release", "churn", "1", "--share", "0.5")
    # THEN the others see the baseline
    assert "the others the baseline" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("2", "--share", "0"), "above 0 and below 1"),
        (("2", "--share", "1"), "above 0 and below 1"),
        (("1", "--share", "0.5"), "everybody's already"),
        (("9", "--share", "0.5"), "has no version 9"),
    ],
)
def test_a_test_that_cannot_be_is_refused_in_words(shop, arguments, words):
    # GIVEN a live version
    shop("release", "churn", "1")
    # WHEN a test is begun that makes no sense
    result = shop("release", "churn", *arguments)
    # THEN the command fails and says why, and nothing changed
    assert (result.exit_code != 0, words in result.output) == (True, True), result.output
    assert ["churn", "1", "–", "–"] in [line.split()[:4] for line in shop("status").output.splitlines()]
