"""`shopkeeper reviews` and `verdict` against a server that answers as the API does."""

import json

from commerce.assessments.reviews import Given, Review, Reviews
from tests.cli.assessment_fixtures import DECIDED, decided

QUEUE = "GET /v1/reviews/fraud?status=open&limit=50"


def review(event="p-1", verdict=None):
    given = None if verdict is None else Given(fraud=verdict, reviewer="Ada [risk]", at=DECIDED)
    return Review(decision=decided(event), amount=1234.5, verdict=given)


def test_the_queue_tells_what_to_look_at_and_why(api, run):
    # GIVEN a queue with a further page
    api.says(QUEUE, Reviews(reviews=[review()], next="2026#x"))
    # WHEN it is asked for
    shown = run("reviews", "fraud").output
    # THEN each review has its stake and why, and how to go on is told
    for words in ("p-1", "0.250", "1,234.50", "many payments [within minutes]; 9 payments", "more: --next 2026#x"):
        assert words in shown


def test_pages_of_reviews_that_are_done_show_their_verdicts(api, run):
    # GIVEN the second page of what is done
    route = "GET /v1/reviews/fraud?status=done&limit=2&next=2026%23x"
    api.says(route, Reviews(reviews=[review(verdict=True), review("p-2", verdict=False)]))
    # WHEN it is asked for
    shown = run("reviews", "fraud", "--status", "done", "--limit", 2, "--next", "2026#x").output
    # THEN the verdicts are there, and who gave them
    assert "fraud, says Ada [risk]" in shown and "legitimate, says Ada [risk]" in shown
    assert "more" not in shown


def test_an_empty_queue_is_said_to_be(api, run):
    # GIVEN no open review
    api.says(QUEUE, Reviews(reviews=[]))
    # WHEN the queue is asked for
    # THEN it says so
    assert "no review is open" in run("reviews", "fraud").output


def test_a_verdict_is_given(api, run):
    # GIVEN a review of an event whose id has to be escaped
    route = "POST /v1/reviews/fraud/p%2F1"
    api.says(route, review("p/1", verdict=False))
    # WHEN somebody says what it was
    told = run("verdict", "fraud", "p/1", "--legit", "--reviewer", "Ada [risk]", "--note", "called them")
    # THEN the API gets it, and the label is told
    assert told.exit_code == 0, told.output
    assert api.to(route)[0].body == {"fraud": False, "reviewer": "Ada [risk]", "note": "called them"}
    assert "payment p/1, decided review: legitimate, says Ada [risk]" in told.output


def test_reviews_can_be_had_as_json(api, run):
    # GIVEN a queue
    found = Reviews(reviews=[review()])
    api.says(QUEUE, found)
    # WHEN it is asked for as JSON
    # THEN it is the API's
    assert Reviews.model_validate(json.loads(run("reviews", "fraud", "--json").output)) == found


def test_a_verdict_has_to_say_which_and_whose(api, run):
    # GIVEN a verdict that says neither, or of a family without reviews
    # WHEN it is given
    refused = [
        run("verdict", "fraud", "p-1", "--reviewer", "Ada"),
        run("verdict", "fraud", "p-1", "--fraud"),
        run("verdict", "churn", "p-1", "--fraud", "--reviewer", "Ada"),
    ]
    # THEN it is wrong usage, and the API is not asked
    assert [each.exit_code for each in refused] == [2, 2, 2]
    assert api.asked == []
