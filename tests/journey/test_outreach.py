"""A campaign on the local cloud: audience → letters → what comes back → measured effect, through the command line."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

from commerce.campaigns.ledger import address_pk
from local.outbox import read_outbox
from tests.journey import addresses
from tests.journey.campaigning import CAMPAIGN, assigned, command
from tests.journey.test_events import eventually, objects


def letters(shop, campaign=CAMPAIGN):
    """Mails of the campaign."""
    return [m for m in read_outbox(shop.description["endpoint"]) if m.tags.get("campaign") == campaign]


def page(request):
    """(status, text) of a page."""
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def contact(shop, customer):
    key = {"pk": {"S": f"customer#{customer}"}, "sk": {"S": "contact"}}
    found = shop.client("dynamodb").get_item(TableName=shop.outputs["LettersTable"], Key=key, ConsistentRead=True)
    return found.get("Item", {})


def test_the_preview_says_who_is_meant_and_why_others_are_left_out(campaign):
    # GIVEN a preview
    _, preview, _ = campaign
    # WHEN its numbers are read
    # THEN they add up, those without consent are left out for that, and an effect that could be shown is named
    assert preview["matching"] == preview["eligible"] + sum(preview["left_out"].values())
    assert preview["left_out"]["no_consent"] > 0
    assert {d["metric"] for d in preview["detectable"]} == {"conversion", "revenue"}


def test_everyone_allocated_to_a_letter_got_exactly_one_and_nobody_else_any(campaign):
    # GIVEN the allocation and the outbox
    shop, _, _ = campaign
    arms = assigned(shop)
    # WHEN the letters' recipients are listed
    recipients = sorted(m.recipients[0] for m in letters(shop))
    # THEN they are those of the arm, once each
    assert recipients == sorted(map(addresses.of, arms["voucher"]))
    assert not arms["voucher"] & addresses.UNCONSENTING
    assert arms["holdout"]


def test_a_letter_is_personal_and_can_be_unsubscribed_from(campaign):
    # GIVEN the letters
    shop, _, _ = campaign
    mails = letters(shop)
    # WHEN their headers, names and codes are read
    codes = {re.search(r"\b[0-9A-HJKMNP-TV-Z]{12}\b", m.text)[0] for m in mails}
    # THEN each can be unsubscribed from in one click (RFC 8058), names its customer, and has a code of its own
    assert all(m.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click" for m in mails)
    assert len(codes) == len(mails)
    named = [m for m in mails if m.recipients[0].startswith("customer-")]
    assert all(f"First{m.recipients[0].split('@')[0].removeprefix('customer-')}" in m.html for m in named)


def test_what_each_letter_recommended_is_kept_under_its_id(campaign):
    # GIVEN letters of a template that recommends
    shop, _, _ = campaign
    sent = {mail.tags["letter"]: mail for mail in letters(shop)}
    shown = {}

    def kept():
        events = [e for e in objects(shop, "raw/events/") if e["name"] == "Items Shown" and e["message_id"] in sent]
        shown.update({event["message_id"]: json.loads(event["properties"]) for event in events})
        return shown.keys() == sent.keys()

    # WHEN the stream has been written
    assert eventually(kept, seconds=90), f"{len(shown)} exposures of {len(sent)} letters"
    # THEN every letter has an exposure, of the campaign, and names its products
    assert {each["context"]["campaign_id"] for each in shown.values()} == {CAMPAIGN}
    for letter, exposure in shown.items():
        # The journey's catalogue calls product p7 "Product 7".
        names = [f"Product {item['item_id'].removeprefix('p')}" for item in exposure["items"]]
        assert all(name in sent[letter].html for name in names)


def test_a_campaign_without_effect_is_reported_as_such(campaign):
    # GIVEN customers none of whom ordered in the window, letter or not
    _, _, result = campaign
    # WHEN the result is read
    # THEN no effect is shown
    assert "no effect" in result["verdict"]
    assert not any(effect["significant"] for effect in result["effects"])
    assert result["sample_ratio"]["ok"] and result["final"]


@pytest.mark.parametrize(
    ("simulated", "name"), [(addresses.BOUNCES, "Email Bounced"), (addresses.COMPLAINS, "Email Marked as Spam")]
)
def test_bounces_and_complaints_come_back_and_take_effect(campaign, simulated, name):
    # GIVEN a customer with a letter, whose address bounces for good or complains
    shop, _, _ = campaign
    customer = next(c for c in simulated if c in assigned(shop)["voucher"])
    # WHEN the event is looked for in the lake's raw area, and the address among those not written to
    found = eventually(lambda: [e for e in objects(shop, "raw/") if (e["name"], e["customer_id"]) == (name, customer)])
    key = {"pk": {"S": address_pk(addresses.of(customer))}, "sk": {"S": "suppressed"}}
    suppressed = shop.client("dynamodb").get_item(TableName=shop.outputs["LettersTable"], Key=key)
    # THEN both are there
    assert found
    assert "Item" in suppressed


def test_a_prefetched_link_unsubscribes_nobody_and_one_click_does(campaign):
    # GIVEN the unsubscribe link of a letter
    shop, _, _ = campaign
    mail = next(m for m in letters(shop) if m.recipients[0].startswith("customer-"))
    customer = mail.recipients[0].split("@")[0].removeprefix("customer-")
    link = mail.header("List-Unsubscribe").strip("<>")
    # WHEN it is fetched, and then posted to as mail programs do
    status, shown = page(link)
    before = contact(shop, customer)
    posted, _ = page(urllib.request.Request(link, data=b"List-Unsubscribe=One-Click", method="POST"))
    # THEN only the second changes anything
    assert (status, "unsubscribed" in before) == (200, False)
    assert "<form" in shown
    assert posted == 200
    assert "unsubscribed" in contact(shop, customer)


def test_a_tampered_link_does_nothing_and_says_so(campaign):
    # GIVEN the link of another letter, one character changed
    shop, _, _ = campaign
    mail = [m for m in letters(shop) if m.recipients[0].startswith("customer-")][1]
    customer = mail.recipients[0].split("@")[0].removeprefix("customer-")
    link = mail.header("List-Unsubscribe").strip("<>")
    changed = link[:-1] + ("A" if link[-1] != "A" else "B")
    # WHEN it is posted to
    status, shown = page(urllib.request.Request(changed, data=b"List-Unsubscribe=One-Click", method="POST"))
    # THEN a page says that it cannot be used, and nothing changed
    assert status < 500
    assert "<html" in shown
    assert "unsubscribed" not in contact(shop, customer)


def test_the_result_page_is_one_self_contained_document(campaign, tmp_path):
    # GIVEN a measured campaign
    shop, _, _ = campaign
    # WHEN its page is fetched
    command(shop, "campaigns", "results", CAMPAIGN, "--html", str(tmp_path / "result.html"))
    # THEN it has its plots inside
    text = (tmp_path / "result.html").read_text()
    assert "<svg" in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_starting_again_sends_nothing_again(campaign):
    # GIVEN a finished campaign
    shop, _, _ = campaign
    before = len(letters(shop))
    # WHEN it is started once more
    result = shop.shopkeeper("campaigns", "start", CAMPAIGN)
    # THEN that is refused with what is allowed
    assert result.returncode != 0
    assert "finished" in result.stderr
    assert len(letters(shop)) == before
