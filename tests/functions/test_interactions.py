"""What became of letters comes back: to the ledger at once, to the lake once."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from commerce.campaigns.ledger import address_pk
from commerce.tables import EVENTS
from functions.common import firehose, ledger
from functions.interactions.handler import handler, log
from functions.interactions.machines import machine
from functions.interactions.records import SesEvent, read
from lake import Lake
from lake.curate import curate
from tests.functions.delivering import Lost, Sent, members, queue, ses_event, take_in, time_out

PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


@pytest.fixture
def sent(account, ses, context):
    """A campaign whose three letters were sent."""
    campaign = Sent(account, ses, context, members(3))
    campaign.deliver()
    return campaign


def later(mail, **by):
    return mail.at + timedelta(**by)


def names(account):
    return sorted(row["name"] for row in account.lines("events"))


def properties(account, name):
    [row] = [row for row in account.lines("events") if row["name"] == name]
    return json.loads(row["properties"])


@pytest.mark.parametrize("raw", [True, False])
def test_events_become_rows_of_the_lake_with_the_customer(sent, ses, account, context, raw):
    # GIVEN what SES publishes of a letter that was sent, delivered, opened and clicked, wrapped by SNS or not
    [mail, *_] = ses.mails
    opened = {"at": later(mail, minutes=5)}
    events = [ses_event(mail), ses_event(mail, "Delivery"), ses_event(mail, "Open", **opened)]
    events.append(ses_event(mail, "Click", **opened))
    # WHEN it is taken in
    failed = take_in(events, context, raw=raw)
    # THEN the lake has a row of each, of the customer whom no tag named
    rows = account.lines("events")
    assert failed == []
    assert names(account) == ["Email Delivered", "Email Link Clicked", "Email Opened", "Email Sent"]
    assert all(tuple(row) == EVENTS.column_names for row in rows)
    assert {row["customer_id"] for row in rows} == {"c-0"}
    clicked = properties(account, "Email Link Clicked")
    assert clicked | {"email_id": ""} == {
        "email_id": "",
        "campaign_id": "spring",
        "template_id": "hello",
        "machine": False,
        "link_url": "https://shop.example/a",
    }
    assert "192.0.2.7" not in json.dumps(rows)


def test_what_comes_twice_and_in_any_order_is_in_the_messages_table_once(sent, ses, account, context, tmp_path):
    # GIVEN all events of three letters, twice, the last first
    events = [
        ses_event(mail, kind, at=later(mail, minutes=9))
        for mail in ses.mails
        for kind in ("Send", "Delivery", "Open", "Click", "Bounce", "Complaint")
    ]
    for some in (events[::-1], events):
        assert take_in(some, context) == []
    # WHEN the stream is curated
    raw = tmp_path / "raw"
    raw.mkdir()
    raw.joinpath("part.jsonl").write_text("".join(json.dumps(row) + "\n" for row in account.lines("events")))
    lake = Lake.open(tmp_path / "lake")
    curate(lake, raw)
    # THEN each is there once
    rows = lake.read("messages").to_pylist()
    assert len(rows) == len(events)
    assert {row["interaction"] for row in rows} == {
        "sent",
        "delivered",
        "opened",
        "clicked",
        "bounced",
        "complained",
    }


def test_any_event_says_that_a_letter_in_doubt_was_sent(account, ses, context):
    # GIVEN a letter whose answer was lost, and whose first event to come is its delivery
    campaign = Sent(account, ses, context, members(1))
    ses.script[1] = Lost(time_out())
    campaign.deliver()
    # WHEN that is taken in
    campaign.tell("Delivery")
    # THEN the ledger has it as sent
    row = campaign.letters()["c-0"]
    assert (row["state"]["S"], row["ses_message_id"]["S"]) == ("sent", ses.mails[0].id)
    assert row["delivered_at"]["S"]
    assert campaign.deliver() == "done"


@pytest.mark.parametrize(
    ("bounce", "suppressed", "reason"),
    [
        ({"bounceType": "Permanent", "bounceSubType": "General"}, True, "permanent general"),
        ({"bounceType": "Transient", "bounceSubType": "MailboxFull"}, False, "transient mailboxfull"),
        ({"bounceType": "Undetermined", "bounceSubType": "Undetermined"}, False, "undetermined undetermined"),
    ],
)
def test_only_a_bounce_for_good_suppresses_the_address(sent, ses, account, context, bounce, suppressed, reason):
    # GIVEN a letter that bounced
    # WHEN it is taken in
    take_in([ses_event(ses.mails[0], "Bounce", **bounce)], context)
    # THEN the address is not written to any more where it bounced for good, and the lake knows why without it
    items = [i for i in account.items("letters") if i["pk"]["S"] == address_pk("c0@example.com")]
    assert bool(items) == suppressed
    assert properties(account, "Email Bounced")["reason"] == reason
    assert "example.com" not in json.dumps(account.lines("events"))


def test_a_complaint_holds_for_the_customer_and_the_address(sent, ses, account, context):
    # GIVEN a complaint that, as some providers send it, does not say who complained
    # WHEN it is taken in
    take_in([ses_event(ses.mails[0], "Complaint", complainedRecipients=[])], context)
    # THEN neither is written to any more
    found = {(i["pk"]["S"], i["sk"]["S"]): i for i in account.items("letters")}
    assert "complained" in found["customer#c-0", "contact"]
    assert found[address_pk("c0@example.com"), "suppressed"]["reason"]["S"] == "complained"


def test_a_bounce_of_a_mail_that_is_no_campaigns_suppresses_too(account, ses, context):
    # GIVEN a test letter that bounced: it has no letter's tag
    ses.send_email(
        Content={"Raw": {"Data": b"To: x@example.com\r\n\r\n"}}, ConfigurationSetName="test-letters", EmailTags=[]
    )
    # WHEN it is taken in
    assert take_in([ses_event(ses.mails[0], "Bounce")], context) == []
    # THEN the address is suppressed, and the lake is told nothing of nobody
    assert any(i["pk"]["S"] == address_pk("x@example.com") for i in account.items("letters"))
    assert account.lines("events") == []


def test_events_of_an_erased_customer_leave_no_trace(sent, ses, account, context):
    # GIVEN a customer who was erased from the ledger after their letter was sent
    letter = ses.mails[0].tags["letter"]
    account.dynamodb.delete_item(TableName="test-letters", Key=ledger.owner_key(letter))
    account.dynamodb.delete_item(TableName="test-letters", Key=ledger.letter_key("c-0", "spring"))
    # WHEN events of it come in
    assert take_in([ses_event(ses.mails[0], "Open")], context) == []
    # THEN nothing is written of them
    assert account.lines("events") == []
    assert "c-0" not in sent.letters()


@pytest.mark.parametrize(
    ("agent", "seconds", "by_machine"),
    [
        (PERSON, 600, False),
        (PERSON, 2, True),
        ("Mozilla/5.0", 600, True),
        ("", 600, True),
        (None, 600, True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", 600, False),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", 1, True),
        ("Mozilla/5.0 (X11) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0", 600, True),
        ("Barracuda Sentinel (EE)", 600, True),
        ("python-requests/2.32", 600, True),
        ("Mozilla/5.0 (compatible; SomeBot/1.0)", 600, True),
    ],
)
def test_machines_are_told_from_people(agent, seconds, by_machine):
    # GIVEN who opened, and how long after the letter arrived
    arrived = datetime(2026, 11, 24, 12, tzinfo=UTC)
    # WHEN it is judged
    # THEN prefetching proxies, scanners and what is too fast for a person are machines
    assert machine(agent, arrived + timedelta(seconds=seconds), arrived) is by_machine


def test_haste_goes_by_the_delivery_not_by_the_sending(sent, ses, account, context):
    # GIVEN a letter that took an hour to be delivered and was opened three seconds later, told in the wrong order
    [mail, *_] = ses.mails
    opened = ses_event(mail, "Open", at=later(mail, hours=1, seconds=3), userAgent=PERSON)
    delivered = ses_event(mail, "Delivery", at=later(mail, hours=1))
    # WHEN both are taken in
    take_in([opened, delivered], context)
    # THEN a machine opened it
    assert properties(account, "Email Opened")["machine"] is True


def test_the_lake_keeps_no_token_of_an_unsubscribe_link(sent, ses, account, context):
    # GIVEN a click on the unsubscribe link
    link = "https://api.shop.example/live/v1/unsubscribe?token=v1.abc.def"
    # WHEN it is taken in
    take_in([ses_event(ses.mails[0], "Click", link=link)], context)
    # THEN the link is kept without what would let a reader use it
    assert properties(account, "Email Link Clicked")["link_url"] == "https://api.shop.example/live/v1/unsubscribe"


def test_what_is_no_event_goes_back_to_the_queue_alone(sent, ses, account, context):
    # GIVEN a batch with messages that cannot be read, and SES's own test message
    batch = queue(["{", "[]", '{"eventType": "Bounce"}', ses_event(ses.mails[0])])
    batch["Records"] += queue(["Successfully validated SNS topic for Amazon SES event publishing."])["Records"]
    batch["Records"] += queue(["Successfully validated SNS topic for Amazon SES event publishing."], raw=False)[
        "Records"
    ]
    # WHEN it is taken in
    answer = handler(batch, context)
    # THEN only those come again, and the others are done
    assert [f["itemIdentifier"] for f in answer["batchItemFailures"]] == sorted(
        r["messageId"] for r in batch["Records"][:3]
    )
    assert names(account) == ["Email Sent"]


def test_types_that_are_of_no_use_are_taken_and_dropped(sent, ses, account, context):
    # GIVEN a delay, and a type that is not known yet
    delay = ses_event(ses.mails[0], "DeliveryDelay")
    # WHEN they are taken in
    # THEN nothing fails and nothing is kept
    assert take_in([delay, delay | {"eventType": "Subscription"}], context) == []
    assert account.lines("events") == []


@pytest.mark.parametrize("operation", ["UpdateItem", "PutItem", "BatchGetItem", "PutRecordBatch"])
def test_what_cannot_be_taken_now_comes_again_and_then_is(sent, ses, account, context, monkeypatch, operation):
    # GIVEN an AWS call that fails for now
    from botocore.client import BaseClient

    real, broken = BaseClient._make_api_call, {"on": True}

    def call(self, name, parameters):
        if broken["on"] and name == operation:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, name)
        return real(self, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(firehose, "pause", lambda attempt: None)
    events = [ses_event(ses.mails[0], "Bounce"), ses_event(ses.mails[1], "Delivery")]
    first = take_in(events, context)
    # WHEN they come again after it recovered
    broken["on"] = False
    again = take_in(events, context)
    # THEN everything is there
    assert first
    assert again == []
    assert {"Email Bounced", "Email Delivered"} <= set(names(account))
    assert any(i["pk"]["S"] == address_pk("c0@example.com") for i in account.items("letters"))


def test_that_mail_was_heard_of_is_only_said_when_its_letters_are_marked(sent, ses, account, context, monkeypatch):
    # GIVEN a batch of which one mark fails
    def failing(*arguments):
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "UpdateItem")

    monkeypatch.setattr(ledger, "mark_delivered", failing)
    # WHEN it is taken in
    failed = take_in([ses_event(ses.mails[0], "Delivery"), ses_event(ses.mails[2])], context)
    # THEN nobody is told that later mail was heard of
    assert len(failed) == 1
    assert ledger.latest_event(account.dynamodb, "test-letters") is None


def test_the_newest_mail_heard_of_is_kept_whatever_comes_after(account, context):
    # GIVEN events of mails in any order
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    for minutes in (5, 9, 1):
        ledger.saw_event(account.dynamodb, "test-letters", now + timedelta(minutes=minutes))
    # WHEN the newest is asked for
    # THEN it is that of the latest mail
    assert ledger.latest_event(account.dynamodb, "test-letters") == now + timedelta(minutes=9)


def test_logs_hold_nothing_personal(sent, ses, context, monkeypatch, capsys):
    # GIVEN events that are taken, and some that cannot be read
    written = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", written)
    # WHEN they are handled
    take_in([ses_event(ses.mails[0], "Bounce"), '{"mail": "c0@example.com"}'], context)
    # THEN neither log nor metrics say whose they were
    told = written.getvalue() + capsys.readouterr().out
    assert "not an event" in told
    assert "example.com" not in told and "c-0" not in told


@given(body=st.text() | st.dictionaries(st.text(), st.text()).map(json.dumps))
def test_no_body_breaks_the_reading(body):
    # GIVEN any text, or any JSON
    # WHEN it is read
    # THEN it is an event, SES's test message (nothing), or refused in one way
    try:
        event = read(body)
    except ValueError:
        return
    assert event is None or isinstance(event, SesEvent)
