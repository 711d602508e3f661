"""The links by which customers unsubscribe: asked on a page, done by POST, and nothing by anything else."""

import html
import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.campaigns.shop import Sender
from functions.common import aws, firehose
from functions.common.tokens import sign
from functions.unsubscribe import pages
from functions.unsubscribe.handler import handler
from tests.functions.support import SECRET

ONE_CLICK = "List-Unsubscribe=One-Click"


def token(secret=SECRET, customer="c-1", days=1):
    return sign(secret, customer, "spring", "letter-1", datetime.now(UTC) + timedelta(days=days))


def call(context, method, token, body=None, headers=None):
    event = {
        "httpMethod": method,
        "path": "/v1/unsubscribe",
        "headers": headers or {"Content-Type": "application/x-www-form-urlencoded"},
        "queryStringParameters": None if token is None else {"token": token},
        "body": body,
        "isBase64Encoded": False,
    }
    return handler(event, context)


def contact(account):
    return {i["pk"]["S"]: i for i in account.items("letters") if i["sk"]["S"] == "contact"}


def unsubscribed(account):
    return [row for row in account.lines("events") if row["name"] == "Unsubscribed"]


def test_a_get_asks_and_changes_nothing(account, context):
    # GIVEN a link of a letter
    # WHEN it is fetched, by a person or by a scanner, however often
    replies = [call(context, "GET", token()) for _ in range(3)]
    # THEN there is a page with a form, and nothing is changed
    assert {reply["statusCode"] for reply in replies} == {200}
    assert '<form method="post">' in replies[0]["body"]
    assert "Test &amp; Sons" in replies[0]["body"]
    assert (contact(account), account.lines("events")) == ({}, [])


def test_the_button_unsubscribes(account, context):
    # GIVEN the page's form
    # WHEN it is sent
    reply = call(context, "POST", token(), ONE_CLICK)
    # THEN the ledger and the lake say so, and the page too
    assert reply["statusCode"] == 200
    assert "You are unsubscribed" in reply["body"]
    assert "unsubscribed" in contact(account)["customer#c-1"]
    [row] = unsubscribed(account)
    assert (row["customer_id"], json.loads(row["properties"])["campaign_id"]) == ("c-1", "spring")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, ONE_CLICK),
        (
            {"Content-Type": "multipart/form-data; boundary=b"},
            f'--b\r\nContent-Disposition: form-data; name="{ONE_CLICK.partition("=")[0]}"\r\n\r\nOne-Click\r\n--b--',
        ),
        ({}, None),
    ],
)
def test_one_click_by_a_mail_program_needs_no_cookie_and_no_page_before_it(account, context, headers, body):
    # GIVEN the POST of RFC 8058, in either of the forms that it allows
    # WHEN it comes
    reply = call(context, "POST", token(), body, headers)
    # THEN the customer is unsubscribed
    assert reply["statusCode"] == 200
    assert "customer#c-1" in contact(account)


def test_unsubscribing_again_changes_nothing_more(account, context):
    # GIVEN a customer who unsubscribed
    call(context, "POST", token())
    [first] = contact(account).values()
    # WHEN they do so again
    call(context, "POST", token())
    # THEN it is the first time that counts, and the lake makes one of both
    [again] = contact(account).values()
    assert first == again
    assert len({row["message_id"] for row in unsubscribed(account)}) == 1


@pytest.mark.parametrize(
    ("bad", "status", "words"),
    [
        (token("somebody else's secret"), 400, "not complete, or was changed"),
        (token()[:-1], 400, "not complete, or was changed"),
        ("", 400, "not complete, or was changed"),
        (None, 400, "not complete, or was changed"),
        (token(days=-1), 410, "has expired"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tampered_or_expired_token_does_nothing_and_says_so_politely(account, context, method, bad, status, words):
    # GIVEN a token that proves nothing
    # WHEN it is used
    reply = call(context, method, bad, ONE_CLICK)
    # THEN the page says that nothing was changed, and whom to write to instead
    assert reply["statusCode"] == status
    assert "Nothing was changed" in reply["body"] and words in reply["body"]
    assert 'href="mailto:help@shop.example"' in reply["body"]
    assert (contact(account), account.lines("events")) == ({}, [])


def test_a_secret_that_was_rotated_keeps_the_links_that_are_out(account, context):
    # GIVEN a link signed before the secret was rotated
    old = token()
    content = json.dumps({"current": "the new one", "previous": SECRET})
    account.secretsmanager.put_secret_value(SecretId="test-tokens", SecretString=content)
    # WHEN it is used
    # THEN it works
    assert call(context, "POST", old)["statusCode"] == 200


def test_pages_set_no_cookie_load_nothing_and_tell_nobody_where_they_are(account, context):
    # GIVEN every kind of page
    replies = [call(context, "GET", token()), call(context, "POST", token()), call(context, "GET", "x")]
    for reply in replies:
        headers = reply["headers"]
        # WHEN its headers and markup are looked at
        # THEN there is no cookie, script, or anything from elsewhere
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "<script" not in reply["body"] and "http" not in reply["body"]
        assert '<html lang="en">' in reply["body"] and "<h1>" in reply["body"] and "<title>" in reply["body"]


def test_where_the_ledger_cannot_be_written_the_customer_is_told_to_try_again(account, context):
    # GIVEN a ledger that is not there
    account.dynamodb.delete_table(TableName="test-letters")
    # WHEN a customer unsubscribes
    reply = call(context, "POST", token())
    # THEN the page does not say that it is done
    assert reply["statusCode"] == 503
    assert "try again" in reply["body"]


def test_where_the_lake_cannot_be_told_the_customer_is_unsubscribed_all_the_same(account, context, monkeypatch):
    # GIVEN a stream that is not there
    monkeypatch.setattr(firehose, "pause", lambda attempt: None)
    account.firehose.delete_delivery_stream(DeliveryStreamName="test-events")
    # WHEN a customer unsubscribes
    reply = call(context, "POST", token())
    # THEN that holds
    assert reply["statusCode"] == 200
    assert "customer#c-1" in contact(account)


def test_logs_and_metrics_hold_neither_customer_nor_token(account, context, capsys):
    # GIVEN links that work and that do not
    given = token(customer="ann@example.com")
    # WHEN they are used
    call(context, "POST", given)
    call(context, "POST", given[:-2])
    # THEN what was written says neither
    written = capsys.readouterr().out
    assert "Unsubscribed" in written
    assert "ann@" not in written and given[:40] not in written


class Seen(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


@given(name=st.text(min_size=1, max_size=100), postal=st.text(min_size=5, max_size=100))
def test_no_name_of_a_shop_can_become_markup(name, postal):
    # GIVEN a shop of any name and address
    plain = Sender(name="A", url="https://a.example", address="a@a.example", postal_address="1 Street")
    sender = plain.model_copy(update={"name": name, "postal_address": postal})
    for page in (pages.question, pages.done, pages.trouble, lambda s: pages.no_use(s, expired=True)):
        # WHEN a page is made
        # THEN it has the same tags as any other shop's, and names the shop
        assert Seen(page(sender)).tags == Seen(page(plain)).tags
        assert html.escape(name) in page(sender)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(text=st.text(max_size=200))
def test_no_token_is_ever_an_error_of_ours(account, context, text):
    # GIVEN any text as a token
    # WHEN it is posted
    # THEN it is refused politely
    assert call(context, "POST", text)["statusCode"] == 400
    assert aws.client("dynamodb").scan(TableName="test-letters")["Count"] == 0
