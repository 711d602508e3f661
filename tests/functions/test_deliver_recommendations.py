"""Letters with recommendations: those of a group asked for at once, and none that fails or waits for want of them."""

import json

import pytest

from commerce.campaigns.campaign import Arm
from functions.common import exposures, ledger
from functions.common.asking_storage import AwsStorage as ModelStorage
from functions.deliver import exposed
from functions.deliver.storage import AwsStorage
from functions.letters.recommending import FAILURES, Recommender
from tests.functions.delivering import HTML, NOW, Killed, Lost, Sent, members, refusal
from tests.functions.delivering import time_out as unheard
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
        answers.append([item["product_id"] for item in recommend({"c-1": "letter"})["c-1"].items])
    # THEN it was asked every time
    assert len(endpoint.calls) == 6 and len(told) == 4
    assert answers == [[], [], ["tea", "jam"]] * 2


class Stream:
    """The stream of events: counts its calls, and refuses where a test says so."""

    def __init__(self, refuses=False):
        self.calls, self.refuses = [], refuses

    def put_record_batch(self, DeliveryStreamName, Records):
        self.calls.append(b"".join(record["Data"] for record in Records).splitlines())
        if self.refuses:
            return {"FailedPutCount": 1, "RequestResponses": [{"ErrorCode": "ServiceUnavailableException"}]}
        return {"FailedPutCount": 0}


@pytest.fixture
def stream(monkeypatch):
    made = Stream()
    monkeypatch.setattr(exposures, "client", lambda *_, **__: made)
    return made


def kept(account):
    """Exposures by customer: their properties, as the stream delivered them."""
    return {row["customer_id"]: json.loads(row["properties"]) for row in account.lines("events")}


def lost(capsys):
    """How many exposures the last pass counts as lost."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return sum(lines[-1]["ExposureFailures"])


def test_what_a_letter_showed_is_kept_under_its_own_id(send, ses, endpoint, account):
    # GIVEN a campaign whose template recommends
    campaign = send(members(GROUP + 1))
    # WHEN its part is delivered
    campaign.deliver()
    # THEN each letter has an exposure, without the product that has no name
    found = kept(account)
    assert sorted(found) == ["c-0", "c-1", "c-2"]
    assert found["c-0"] == {
        "exposure_id": campaign.letters()["c-0"]["letter_id"]["S"],
        "family": "recommendations",
        "version": "3",
        "source": "model",
        "context": {"question": "for_you", "campaign_id": "spring"},
        "items": [{"item_id": "tea", "position": 1, "score": 0.5, "propensity": 1.0}],
    }
    # AND the message is the exposure's
    assert {row["message_id"] for row in account.lines("events")} == {each["exposure_id"] for each in found.values()}


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ("{{ recommendations }}", ["tea", "mug"]),
        ("{{ recommendations.first.name }}", ["tea"]),
        ("{% for p in recommendations offset:1 %}{{ p.name | upcase }}{% endfor %}", ["mug"]),
        ("{% if recommendations.size > 5 %}{{ recommendations.first.name }}{% endif %}", None),
        ("{% if offer %}{{ recommendations.first.name }}{% endif %}", None),
    ],
)
def test_only_the_products_that_the_letter_took_count_as_shown(send, endpoint, account, block, shown):
    # GIVEN a template that takes some of the answer's products
    endpoint.more = [{"product_id": "mug", "position": 3, "name": "Mug"}]
    campaign = send(members(1), html=HTML.replace("<a href", f"{block}<a href"))
    # WHEN a letter of it is sent
    campaign.deliver()
    # THEN its exposure has them, and where there is none there is no exposure
    items = {customer: [item["item_id"] for item in each["items"]] for customer, each in kept(account).items()}
    assert items == ({} if shown is None else {"c-0": shown})


def test_a_template_without_recommendations_keeps_no_exposure(send, endpoint, account):
    # GIVEN a campaign whose template uses none, while a model is live
    campaign = send(members(2), html=HTML)
    # WHEN it is delivered
    campaign.deliver()
    # THEN nothing was shown
    assert account.lines("events") == []


@pytest.mark.parametrize("happens", [refusal("MessageRejected"), unheard(), Lost(unheard())])
def test_a_letter_that_is_not_known_to_be_sent_keeps_no_exposure(send, ses, endpoint, account, happens):
    # GIVEN a mail service that refuses one of two letters, or does not say what became of it
    ses.script[1] = happens
    campaign = send(members(2))
    # WHEN they are delivered
    campaign.deliver()
    # THEN only the other has an exposure
    (sent,) = [customer for customer, row in campaign.letters().items() if row["state"]["S"] == "sent"]
    assert list(kept(account)) == [sent]


def test_a_letter_that_is_sent_by_a_later_pass_has_the_same_exposure_id(send, ses, endpoint, account):
    # GIVEN a pass that is killed before the mail service is asked, and the letter's id of it
    ses.script[1] = Killed()
    campaign = send(members(1))
    campaign.deliver_killed()
    before = campaign.letters()["c-0"]["letter_id"]["S"]
    assert account.lines("events") == []
    # WHEN another pass sends it, on the evidence that it was not sent
    account.dynamodb.update_item(
        TableName="test-letters",
        Key={"pk": {"S": "customer#c-0"}, "sk": {"S": "letter#spring"}},
        UpdateExpression="SET released = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )
    campaign.deliver()
    # THEN its exposure has the letter's id, and there is one
    assert [row["message_id"] for row in account.lines("events")] == [before]


def test_exposures_of_many_letters_are_kept_in_few_calls(send, ses, endpoint, stream, monkeypatch):
    # GIVEN a part of more letters than are kept at once
    monkeypatch.setattr(exposed, "AT_ONCE", 4)
    campaign = send(members(5))
    # WHEN it is delivered
    campaign.deliver()
    # THEN there are as few calls as that takes
    assert [len(lines) for lines in stream.calls] == [4, 1]


def test_exposures_that_are_lost_are_counted_and_hold_no_letter_back(send, ses, endpoint, stream, capsys, caplog):
    # GIVEN a stream that refuses
    stream.refuses = True
    campaign = send(members(3))
    # WHEN a part is delivered
    state = campaign.deliver()
    # THEN every letter went out once, without trying again, and the loss is counted
    assert (state, len(ses.mails), len(stream.calls)) == ("done", 3, 1)
    assert lost(capsys) == 3
    # AND the log says so, with nothing of a customer
    assert "exposures of letters are lost" in caplog.text
    assert "c-1" not in caplog.text and "example.com" not in caplog.text


def test_a_function_that_lacks_the_stream_sends_its_letters(send, ses, endpoint, monkeypatch, capsys):
    # GIVEN a function that was not told where exposures go
    monkeypatch.delenv("EVENTS_STREAM")
    # WHEN a part is delivered
    state = send(members(2)).deliver()
    # THEN both letters go out, and the loss is counted
    assert (state, len(ses.mails), lost(capsys)) == ("done", 2, 2)


def test_a_pass_that_fails_keeps_what_its_letters_showed(send, ses, endpoint, account, monkeypatch):
    # GIVEN a table that fails once the first letter is sent
    real = AwsStorage.sent

    def sent(self, row, message_id, at):
        if row.customer_id != "c-0":
            raise OSError
        real(self, row, message_id, at)

    monkeypatch.setattr(AwsStorage, "sent", sent)
    # WHEN the part is delivered
    with pytest.raises(OSError):
        send(members(2)).deliver()
    # THEN the exposure of the letter that is marked as sent is there
    assert list(kept(account)) == ["c-0"]
