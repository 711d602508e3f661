"""Letters with recommendations: those of a group asked for at once, and none that fails or waits for want of them."""

import pytest

from commerce.campaigns.campaign import Arm
from functions.common import ledger
from functions.common.asking_storage import AwsStorage as ModelStorage
from functions.deliver.storage import AwsStorage
from functions.letters.recommending import FAILURES, Recommender
from tests.functions.delivering import HTML, NOW, Sent, members
from tests.functions.recommending import released, time_out

GROUP = 2
BLOCK = "{% for p in recommendations %}<p>{{ p.name }}, {{ p.reason }}</p>{% else %}<p>Come and see</p>{% endfor %}"
RECOMMENDING = HTML.replace("<a href", f"{BLOCK}<a href")


@pytest.fixture
def endpoint(account, monkeypatch):
    return released(account, monkeypatch)


@pytest.fixture
def send(account, ses, context, monkeypatch):
    monkeypatch.setattr("functions.deliver.logic.GROUP", GROUP)
    return lambda people, html=RECOMMENDING, **definition: Sent(account, ses, context, people, html=html, **definition)


def texts(ses):
    """HTML of each letter by whom it went to."""
    return {mail.to: mail.message.get_body(("html",)).get_content() for mail in ses.mails}


def test_every_letter_recommends_what_was_answered_for_its_own_customer(send, ses, endpoint):
    # GIVEN a part of more members than one group has
    campaign = send(members(GROUP + 1))
    # WHEN it is delivered
    state = campaign.deliver()
    # THEN each group was asked for in one call, six products a customer
    assert state == "done"
    assert sorted(map(len, endpoint.calls)) == [1, GROUP]
    assert {(q["question"], q["limit"]) for call in endpoint.calls for q in call} == {("for_you", 6)}
    # AND each letter shows its own customer's, escaped, without the product that has no name
    for person in campaign.people:
        html = texts(ses)[person.email]
        assert f"<p>Tea for {person.customer_id}, you like &lt;tea&gt;</p>" in html
        assert html.count("Tea for") == 1 and "jam" not in html and "Come and see" not in html


def test_a_template_without_recommendations_asks_nobody(send, ses, endpoint):
    # GIVEN a campaign whose template uses none, while a model is live
    campaign = send(members(3), html=HTML)
    # WHEN it is delivered
    campaign.deliver()
    # THEN the letters are sent and the endpoint was never called
    assert len(ses.mails) == 3
    assert endpoint.calls == []


def test_only_those_are_asked_for_whose_arm_shows_them_and_who_get_a_letter(send, ses, endpoint, account):
    # GIVEN two arms, of which one recommends in its subject alone, and a member who has unsubscribed
    subject = "{{ recommendations.first.name | default: 'Hello' }}"
    arms = [
        Arm(name="plain", template_id="hello", template_version=1, weight=1),
        Arm(name="shown", template_id="hello", template_version=1, subject=subject, weight=1),
    ]
    people = [*members(2, arm="plain"), *members(2, arm="shown", start=2)]
    ledger.unsubscribe(account.dynamodb, "test-letters", "c-3", NOW)
    # WHEN the part is delivered
    send(people, html=HTML, arms=arms).deliver()
    # THEN one customer was asked for
    assert [[q["customer_id"] for q in call] for call in endpoint.calls] == [["c-2"]]
    subjects = {mail.to: mail.message["Subject"] for mail in ses.mails}
    assert subjects == {
        "c0@example.com": "Hello Robin0",
        "c1@example.com": "Hello Robin1",
        "c2@example.com": "Tea for c-2",
    }


def test_letters_are_sent_without_recommendations_where_the_model_fails(send, ses, endpoint, caplog):
    # GIVEN an endpoint that does not answer, and more groups than it may fail for
    endpoint.failure = time_out()
    campaign = send(members(GROUP * FAILURES + 1))
    # WHEN the part is delivered
    state = campaign.deliver()
    # THEN everyone got a letter with what stands in for recommendations, and after some failures nobody was asked for
    assert state == "done"
    assert len(ses.mails) == len(campaign.people)
    assert all("Come and see" in html for html in texts(ses).values())
    assert len(endpoint.calls) == FAILURES
    # AND the log says so, with nothing of a customer
    told = [(r.what, r.error) for r in caplog.records if r.getMessage() == "letters go without recommendations"]
    assert told == [("model", "ReadTimeoutError")] * FAILURES
    assert "c-1" not in caplog.text and "example.com" not in caplog.text


def test_letters_are_sent_before_the_first_release(send, ses):
    # GIVEN no release
    # WHEN a part is delivered whose template recommends
    state = send(members(2)).deliver()
    # THEN both letters go out
    assert (state, len(ses.mails)) == ("done", 2)
    assert all("Come and see" in html for html in texts(ses).values())


@pytest.mark.parametrize("broken", ["FAMILY_SETTINGS", "RELEASES_TABLE", "COUNTERS_TABLE", "ENDPOINT_PREFIX"])
def test_a_setting_that_is_missing_keeps_no_letter_back(send, ses, endpoint, monkeypatch, broken):
    # GIVEN a function that lacks what it needs to ask
    monkeypatch.delenv(broken)
    # WHEN a part is delivered
    state = send(members(2)).deliver()
    # THEN both letters go out
    assert (state, len(ses.mails)) == ("done", 2)


def test_a_letter_that_is_considered_again_is_not_asked_for_again(send, ses, endpoint, monkeypatch):
    # GIVEN a group that cannot be claimed as a whole, so that each letter is claimed alone
    campaign, claim = send(members(GROUP)), AwsStorage.claim

    def alone(self, claims, *more):
        return {"frequency"} if len(claims) > 1 else claim(self, claims, *more)

    monkeypatch.setattr(AwsStorage, "claim", alone)
    # WHEN it is delivered
    campaign.deliver()
    # THEN one call was enough for all letters
    assert len(ses.mails) == GROUP
    assert len(endpoint.calls) == 1


def test_a_model_that_fails_now_and_then_is_asked_on(account, endpoint):
    # GIVEN an endpoint that fails often, but never so many times in a row that it must be ill
    told = []
    recommend = Recommender(ModelStorage(), lambda f: f.parameters(), lambda: NOW, lambda *what: told.append(what))
    answers = []
    for fails in (True, True, False, True, True, False):
        endpoint.failure = time_out() if fails else None
        # WHEN it is asked for letter after letter
        answers.append([item["product_id"] for item in recommend({"c-1": "letter"})["c-1"]])
    # THEN it was asked every time
    assert len(endpoint.calls) == 6 and len(told) == 4
    assert answers == [[], [], ["tea", "jam"]] * 2
