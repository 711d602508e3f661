"""`shopkeeper customers` and `outbox` against a server that answers as the API and the emulator do."""

import json
from datetime import UTC, datetime

from cli.mailbox import Reaction, followable, mails, react
from commerce.privacy import ExportAnswer, PrivacyRequest
from tests.cli.campaign_fixtures import NOW, mail

REQUEST = "0" * 32
RUNNING = PrivacyRequest(request_id=REQUEST, kind="erasure", status="running", requested_at=NOW)
DONE = RUNNING.model_copy(update={"status": "done", "found": {"orders": 12}})


def kept(number):
    """A mail as the outbox has it."""
    one = mail(number)
    return {
        "Id": one.id,
        "Timestamp": one.at.isoformat(),
        "Destination": {"ToAddresses": [one.to]},
        "Tags": one.tags,
        "RawData": one.source.decode("latin-1"),
    }


def test_an_erasure_is_confirmed_and_followed(api, run):
    # GIVEN a customer whose id needs quoting
    api.says("DELETE /v1/customers/a%2Fb", RUNNING, status=202)
    api.says(f"GET /v1/privacy-requests/{REQUEST}", RUNNING, DONE)
    # WHEN they are erased, first denied
    denied, erased = (
        run("customers", "erase", "a/b", input="n\n"),
        run("customers", "erase", "a/b", "--yes", "--wait"),
    )
    # THEN it was begun once, and what was found is told
    assert (denied.exit_code, erased.exit_code) == (1, 0), erased.output
    assert len(api.to("DELETE /v1/customers/a%2Fb")) == 1
    assert "12 in orders" in erased.stdout


def test_an_erasure_that_failed_says_why(api, run):
    # GIVEN an erasure that fails
    api.says("DELETE /v1/customers/1", RUNNING, status=202)
    failed = RUNNING.model_copy(update={"status": "failed", "reason": "the lake is locked"})
    api.says(f"GET /v1/privacy-requests/{REQUEST}", failed)
    # WHEN it is waited for
    result = run("customers", "erase", "1", "-y", "--wait")
    # THEN the reason is told
    assert result.exit_code == 1
    assert "the lake is locked" in result.stderr


def test_an_export_is_waited_for_and_fetched(api, run, tmp_path):
    # GIVEN an export that takes a while
    begun = ExportAnswer(**RUNNING.model_dump() | {"kind": "export"})
    made = ExportAnswer(**DONE.model_dump() | {"kind": "export"}, url=f"{api.url}/signed/export.json")
    api.says("GET /v1/customers/1/export", begun, made)
    api.says(f"GET /v1/privacy-requests/{REQUEST}", DONE)
    api.says("GET /signed/export.json", b'{"orders": []}')
    # WHEN it is asked for
    result = run("customers", "export", "1", "--to", tmp_path / "export.json")
    # THEN the file is there
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "export.json").read_text()) == {"orders": []}


def test_the_newest_mail_is_shown_and_written_as_pages(api, run, tmp_path):
    # GIVEN three mails on two pages
    api.says("GET /_aws/ses?after=0&bodies=0", {"messages": [kept(1), kept(2)], "next": 2})
    api.says("GET /_aws/ses?after=2&bodies=0", {"messages": [kept(3)], "next": None})
    for number in (2, 3):
        api.says(f"GET /_aws/ses?id=mail-{number}", {"messages": [kept(number)], "next": None})
    # WHEN the last two are asked for
    result = run("outbox", "--last", "2", "--html", tmp_path / "mail")
    # THEN they are shown, decoded, and each is a page
    assert result.exit_code == 0, result.output
    assert "Letter 3 – welcome" in result.stdout
    assert "Letter 1" not in result.stdout
    assert sorted(file.name for file in (tmp_path / "mail").iterdir()) == ["mail-2.html", "mail-3.html"]
    assert "shop.example" in (tmp_path / "mail" / "mail-3.html").read_text()


def test_there_is_no_outbox_in_aws(run):
    # GIVEN an environment in AWS
    # WHEN its outbox is asked for
    result = run("--env", "dev", "outbox")
    # THEN the exit code says wrong usage
    assert result.exit_code == 2


def test_reactions_go_to_the_outbox_in_bounded_requests(api):
    # GIVEN 501 reactions
    api.says("POST /_aws/ses/events", {"published": []})
    at = datetime(2026, 5, 4, tzinfo=UTC)
    # WHEN they are told
    react(f"{api.url}/_aws/ses", [Reaction("m", "click", at, "https://shop.example")] * 501)
    # THEN they went in two requests, in the emulator's form
    assert [len(asked.body) for asked in api.asked] == [500, 1]
    assert api.asked[1].body[0] == {
        "message_id": "m", "type": "click", "at": "2026-05-04T00:00:00+00:00", "link": "https://shop.example",
    }  # fmt: skip


def test_mail_is_read_without_its_bodies(api):
    # GIVEN an outbox without bodies
    api.says("GET /_aws/ses?after=0&bodies=0", {"messages": [kept(1) | {"RawData": ""}], "next": None})
    # WHEN it is read
    (one,) = mails(f"{api.url}/_aws/ses", bodies=False)
    # THEN who got it is known, and the rest is empty
    assert (one.to, one.subject, one.html) == ("household-1@shop.example", "", "")


def test_a_letters_links_to_the_api_lead_to_this_machine():
    # GIVEN a letter with a link to the API and one to the shop
    html = '<a href="https://a1b2.execute-api.eu-central-1.amazonaws.com/live/v1/unsubscribe?token=t">x</a> https://shop.example'
    # WHEN it is written for somebody to read here
    shown = followable(html, "http://127.0.0.1:4566/_aws/ses")
    # THEN the first can be followed, and the second is as it was
    assert 'href="http://127.0.0.1:4566/_aws/execute-api/a1b2/live/v1/unsubscribe?token=t"' in shown
    assert "https://shop.example" in shown
