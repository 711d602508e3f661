"""The template routes through the real handler: versions that never change, real previews, tests sent."""

import json
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from botocore.exceptions import ClientError

from commerce.campaigns.template import RenderedLetter, TemplateList, TemplateVersion
from commerce.campaigns.variables import VariableList
from functions.common import templates
from functions.common.aws import client
from functions.templates import logic
from tests.functions.campaign_fixtures import save_campaign, save_offer
from tests.functions.templating import MJML, NEW, call, put_sample, save
from tests.functions.test_scores import put_release, put_score

TABLE = "test-campaigns"


def test_saving_makes_one_immutable_version_after_another(account, context):
    # GIVEN a template saved twice with different texts
    first, second = save(context), save(context, subject="Hello", author="Kim", comment="shorter")
    # WHEN it is read, the newest and the first
    _, newest = call(context, "GET", "/v1/templates/win-back")
    _, old = call(context, "GET", "/v1/templates/win-back", version="1")
    # THEN both are there as they were saved, with author, comment, compiled HTML and the variables that they use
    assert (first.version, second.version) == (1, 2)
    assert TemplateVersion.model_validate(newest) == second
    assert TemplateVersion.model_validate(old) == first
    assert (second.author, second.comment) == ("Kim", "shorter")
    assert "{{ offer.title }}" in first.html
    assert "scores.churn.reasons" in first.variables
    # AND lists show the newest of each, and all of one from new to old
    save(context, "other")
    lists = [call(context, "GET", path)[1] for path in ("/v1/templates", "/v1/templates/win-back/versions")]
    shown = [[(t.id, t.version) for t in TemplateList.model_validate(body).templates] for body in lists]
    assert shown == [[("other", 1), ("win-back", 2)], [("win-back", 2), ("win-back", 1)]]
    assert not {"mjml", "html"} & set(lists[0]["templates"][0])


def test_the_same_text_again_is_no_new_version(account, context):
    # GIVEN a saved template
    first = save(context)
    # WHEN it is pushed again, by somebody else
    again = save(context, author="Kim", comment="again")
    # THEN nothing has changed
    assert again == first


def test_two_who_save_at_once_get_a_version_each(account, context, monkeypatch):
    # GIVEN somebody else who saves between our reading and our writing
    save(context)
    mine = TemplateVersion.model_validate(call(context, "GET", "/v1/templates/win-back")[1])
    real, done = templates.newest, []

    def newest(dynamodb, table, id_):
        found = real(dynamodb, table, id_)
        if not done:
            done.append(True)
            templates.save(dynamodb, table, id_, lambda n: mine.model_copy(update={"version": n, "author": "Kim"}))
        return found

    monkeypatch.setattr(templates, "newest", newest)
    # WHEN we save
    saved = templates.save(client("dynamodb"), TABLE, "win-back", lambda n: mine.model_copy(update={"version": n}))
    # THEN both are kept
    authors = [templates.read(client("dynamodb"), TABLE, "win-back", n).author for n in (1, 2, 3)]
    assert (saved.version, authors) == (3, ["Robin", "Kim", "Robin"])


def test_one_who_never_gets_a_number_is_told_so(account, context, monkeypatch):
    # GIVEN a table in which somebody else is always first
    monkeypatch.setattr("functions.common.templates.pause", lambda attempt: None)

    def cancelled(**_):
        raise ClientError({"Error": {"Code": "TransactionCanceledException", "Message": ""}}, "TransactWriteItems")

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", cancelled)
    # WHEN a template is saved
    status, body = call(context, "PUT", "/v1/templates/win-back", NEW)
    # THEN the answer says to try again
    assert (status, body["error"]["code"]) == (409, "conflict")


def test_a_template_with_errors_is_not_saved_and_all_of_them_are_told(account, context):
    # GIVEN a template without an unsubscribe link and with a misspelt name
    mjml = MJML.replace("links.unsubscribe", "shop.url").replace("customer.first_name", "customer.firstname")
    # WHEN it is saved
    status, body = call(context, "PUT", "/v1/templates/win-back", NEW | {"mjml": mjml})
    # THEN the answer names the first with its line, and has both; nothing is kept
    assert (status, body["error"]["code"]) == (422, "invalid_template")
    assert body["error"]["message"].startswith("line 2: there is no variable customer.firstname; did you mean")
    assert [(p["code"], p["line"]) for p in body["problems"]] == [
        ("unknown_variable", 2),
        ("no_unsubscribe_link", None),
    ]
    assert call(context, "GET", "/v1/templates/win-back")[0] == 404


def test_warnings_are_kept_with_the_version(account, context):
    # GIVEN a template that shows what not everybody has
    # WHEN it is saved
    version = save(context, mjml=MJML.replace("{{ reason }}", "{{ customer.last_name }}"))
    # THEN it is saved, and says so
    assert [p.code for p in version.problems] == ["may_be_absent"]


def test_a_preview_for_nobody_is_made_up_and_says_what_is(account, context):
    # GIVEN a saved template
    save(context)
    # WHEN it is previewed without saying for whom
    status, body = call(context, "POST", "/v1/templates/win-back/preview")
    # THEN the shop is real, the rest is made up and named, and the link says that it is none
    letter = RenderedLetter.model_validate(body)
    assert (status, letter.subject) == (200, "From Test & Sons")
    assert "Hello Robin" in letter.html
    assert "SAMPLE-CODE" in letter.text
    assert f"<https://shop.example/{logic.TEST_LINK}>" in letter.text
    assert letter.made_up == [
        "customer.first_name", "links.unsubscribe", "offer.code", "offer.title", "scores.churn.reasons"
    ]  # fmt: skip


def test_a_preview_of_a_campaign_shows_a_real_customer_with_the_arms_offer_and_subject(account, context):
    # GIVEN a campaign whose arm has an offer and a subject, and whose preview found two customers
    save(context)
    save_offer(account)
    arm = {
        "name": "letter",
        "template_id": "win-back",
        "offer_id": "ten-off",
        "subject": "For {{ customer.first_name }}",
    }
    save_campaign(account, arms=[arm])
    put_sample(account, "ann", "bo")
    # WHEN the template is previewed with it, and for one of them
    _, first = call(context, "POST", "/v1/templates/win-back/preview", {"campaign_id": "win-back"})
    asked = {"campaign_id": "win-back", "customer_id": "bo", "subject": "Dear {{ customer.first_name }}"}
    _, second = call(context, "POST", "/v1/templates/win-back/preview", asked)
    # THEN it is what they would get, but for code and link, which are nobody's
    assert (first["subject"], second["subject"]) == ("For Ann", "Dear Bo")
    assert "why ann" in first["text"]
    assert "10 % off SAMPLE-CODE" in second["text"]
    assert first["made_up"] == ["links.unsubscribe", "offer.code"]


def test_a_preview_of_a_campaign_without_an_offer_has_none(account, context):
    # GIVEN a campaign whose arm gives nothing, for a customer without a first name
    save(context)
    save_campaign(account)
    put_sample(account, "17")
    # WHEN the template is previewed with it
    _, body = call(context, "POST", "/v1/templates/win-back/preview", {"campaign_id": "win-back"})
    # THEN nothing is invented
    assert "SAMPLE-CODE" not in body["html"]
    assert "why 17" in body["text"]


def test_a_preview_for_a_customer_shows_the_scores_that_they_see(account, context):
    # GIVEN a released version with a score of the customer
    save(context)
    save_offer(account)
    put_release(account, champion="3")
    put_score(account, "c-1", "3", 0.7)
    # WHEN the template is previewed for them with a certain offer
    asked = {"customer_id": "c-1", "offer_id": "ten-off"}
    _, body = call(context, "POST", "/v1/templates/win-back/preview", asked)
    # THEN score and offer are real, and what only a campaign knows is made up
    assert "\nr\n" in body["text"]
    assert "10 % off SAMPLE-CODE" in body["text"]
    assert body["made_up"] == ["customer.first_name", "links.unsubscribe", "offer.code"]


def test_an_older_version_can_be_previewed(account, context):
    # GIVEN two versions
    save(context)
    save(context, subject="Second")
    # WHEN the first is previewed
    _, body = call(context, "POST", "/v1/templates/win-back/preview", {"version": 1})
    # THEN it is that one
    assert body["subject"] == "From Test & Sons"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"version": 9}, 404, "unknown_template"),
        ({"campaign_id": "none"}, 404, "unknown_campaign"),
        ({"campaign_id": "win-back"}, 409, "no_preview"),
        ({"campaign_id": "seen", "customer_id": "zoe"}, 404, "unknown_customer"),
        ({"customer_id": "zoe"}, 404, "unknown_customer"),
        ({"offer_id": "none"}, 404, "unknown_offer"),
        ({"subject": "{{ customer.nickname }}"}, 422, "invalid_subject"),
        ({"subject": "{{ shop.name"}, 422, "invalid_subject"),
        ({"subject": "{% if offer == 1 %}x{% endif %}"}, 422, "not_renderable"),
        ({"else": 1}, 400, "invalid_request"),
        ("not JSON", 400, "invalid_request"),
    ],
)
def test_a_preview_that_cannot_be_made_says_why(account, context, asked, status, code):
    # GIVEN a template, a campaign without a preview, and one with a preview
    save(context)
    save_campaign(account)
    save_campaign(account, "seen")
    put_sample(account, "ann", campaign="seen")
    # WHEN a preview is asked for that cannot be made
    got, body = call(context, "POST", "/v1/templates/win-back/preview", asked)
    # THEN the answer says why
    assert (got, body["error"]["code"]) == (status, code)


def test_a_test_letter_is_really_sent_and_marked_as_one(account, context, outbox):
    # GIVEN a saved template
    save(context)
    # WHEN it is sent as a test
    status, body = call(context, "POST", "/v1/templates/win-back/test", {"to": "marketing@shop.example"})
    # THEN one message went out through the configuration set, marked, to that address, and unsubscribes nobody
    sent = outbox[0]
    assert (status, body, len(sent)) == (200, {"message_id": "ses-1"}, 1)
    assert sent[0]["ConfigurationSetName"] == "test-letters"
    assert sent[0]["EmailTags"] == [{"Name": "test", "Value": "true"}]
    message = message_from_bytes(sent[0]["Content"]["Raw"]["Data"], policy=default)
    assert (message["To"], message["Subject"]) == ("marketing@shop.example", "[Test] From Test & Sons")
    assert message["List-Unsubscribe"] is None
    assert logic.TEST_LINK in message.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@x.example,b@x.example", "a@x.example\r\nBcc: b@x.example", "ö@x.example"]
)
def test_a_test_letter_goes_to_one_address_or_nowhere(account, context, outbox, to):
    # GIVEN what is no single address
    save(context)
    # WHEN a test is to be sent there
    status, body = call(context, "POST", "/v1/templates/win-back/test", {"to": to})
    # THEN it is refused, and nothing is sent
    assert (status, body["error"]["code"], outbox[0]) == (400, "invalid_request", [])


def test_a_test_letter_that_the_mail_service_refuses_is_told_without_its_words(account, context, outbox):
    # GIVEN a mail service that refuses, quoting an address
    save(context)
    error = {"Error": {"Code": "MessageRejected", "Message": "Email address is not verified: me@x.example"}}
    outbox[1].append(ClientError(error, "SendEmail"))
    # WHEN a test is sent
    status, body = call(context, "POST", "/v1/templates/win-back/test", {"to": "me@x.example"})
    # THEN the answer has its code alone
    assert (status, body["error"]["code"]) == (502, "not_sent")
    assert "MessageRejected" in body["error"]["message"]
    assert "me@x.example" not in json.dumps(body)


def test_variables_are_documented_and_typed(account, context):
    # GIVEN the route
    # WHEN it is asked
    status, body = call(context, "GET", "/v1/template-variables")
    # THEN every variable has a type, words and an example
    found = VariableList.model_validate(body).variables
    assert status == 200
    assert {"customer.first_name", "scores.churn.reasons", "offer.code", "links.unsubscribe"} <= {v.name for v in found}
    assert all(variable.doc and variable.example is not None for variable in found)
    # AND a list of products says what each of them has, and so does its example
    [products] = [variable for variable in found if variable.type == "list of products"]
    assert products.name == "recommendations"
    assert all(set(one) == {part.name for part in products.parts} for one in products.example)


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status", "code"),
    [
        ("GET", "/v1/templates/none", None, {}, 404, "unknown_template"),
        ("GET", "/v1/templates/none/versions", None, {}, 404, "unknown_template"),
        ("POST", "/v1/templates/none/preview", None, {}, 404, "unknown_template"),
        ("GET", "/v1/templates/none", None, {"version": "x"}, 400, "invalid_request"),
        ("GET", "/v1/templates/No_Id", None, {}, 400, "invalid_request"),
        ("PUT", "/v1/templates/win-back", None, {}, 400, "invalid_request"),
        ("PUT", "/v1/templates/win-back", {"name": "x"}, {}, 400, "invalid_request"),
        ("PUT", "/v1/templates/win-back", NEW | {"mjml": "x" * 100_001}, {}, 400, "invalid_request"),
        ("PUT", "/v1/templates/win-back", "\ud83d", {}, 400, "invalid_request"),
        ("DELETE", "/v1/templates/win-back", None, {}, 404, "not_found"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(account, context, method, path, body, query, status, code):
    # GIVEN a question that is not one
    # WHEN it is asked
    got, answer = call(context, method, path, body, **query)
    # THEN the answer is in the one shape of errors
    assert (got, answer["error"]["code"]) == (status, code)


def test_nothing_of_a_customer_is_logged(account, context, outbox, capsys):
    # GIVEN a preview for a customer, and a test to an address
    save(context)
    save_campaign(account)
    put_sample(account, "ann")
    asked = {"campaign_id": "win-back", "to": "secret@x.example"}
    # WHEN both are made
    call(context, "POST", "/v1/templates/win-back/preview", {"campaign_id": "win-back", "customer_id": "ann"})
    call(context, "POST", "/v1/templates/win-back/test", asked)
    # THEN the log has neither
    log = capsys.readouterr().out
    assert log
    assert "ann" not in log and "secret@" not in log


def test_the_time_of_saving_is_kept(account, context):
    # GIVEN a template saved now
    before = datetime.now(UTC)
    # WHEN it is looked at
    made = save(context).created_at
    # THEN it says when
    assert before <= made <= datetime.now(UTC)
