"""`GET /v1/monitoring/{family}`: the latest report, or a day's."""

import json
from datetime import timedelta

import pytest

from commerce.monitoring import key
from functions.monitoring.handler import handler
from tests.functions import runs
from tests.functions.monitoring import DRIFTED, report

DAY = runs.AS_OF


def ask(context, family="fraud", method="GET", **query):
    event = {
        "httpMethod": method,
        "resource": "/v1/monitoring/{family}",
        "pathParameters": {"family": family},
        "queryStringParameters": query or None,
    }
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def reports(account):
    """Of two days, the latest with a finding."""
    for day, made in ((DAY, report(findings=[DRIFTED])), (DAY - timedelta(days=1), report(DAY - timedelta(days=1)))):
        runs.put(account, key("fraud", day), made.model_dump_json())
    runs.put(account, key("fraud"), report(findings=[DRIFTED]).model_dump_json())


def test_the_latest_report_is_given_and_that_of_a_day(reports, context):
    # GIVEN reports of two days
    # WHEN the latest is asked for, and the other by its date
    latest, before = ask(context), ask(context, date=(DAY - timedelta(days=1)).isoformat())
    # THEN each is given as it was made
    assert latest == (200, report(findings=[DRIFTED]).model_dump(mode="json"))
    assert before == (200, report(DAY - timedelta(days=1)).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"date": "2020-01-01"}, 404, "no_report"),
        ({"family": "bots"}, 404, "no_report"),
        ({"family": "churn"}, 404, "unknown_family"),
        ({"family": "../fraud"}, 404, "unknown_family"),
        ({"date": "yesterday"}, 400, "invalid_request"),
        ({"date": "2020-01-01/../latest"}, 400, "invalid_request"),
        ({"method": "POST"}, 404, "not_found"),
    ],
)
def test_what_there_is_not_is_refused_in_words(reports, context, asked, status, code):
    # GIVEN reports on fraud
    # WHEN something else is asked for
    answer = ask(context, **asked)
    # THEN the answer says what is wrong
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert answer[1]["error"]["message"]
