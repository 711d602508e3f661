"""Templates that recommend products: previews and test letters ask a model for a real customer alone."""

from email import message_from_bytes
from email.policy import default

import pytest

from tests.functions.campaign_fixtures import save_campaign
from tests.functions.recommending import released, time_out
from tests.functions.templating import MJML, call, put_sample, save
from tests.functions.test_scores import put_release, put_score

RECOMMENDING = MJML.replace(
    "<mj-text>{{ shop.postal_address }}",
    "{% for p in recommendations %}<mj-text>{{ p.name }}: {{ p.reason }}</mj-text>"
    "{% else %}<mj-text>Come and see</mj-text>{% endfor %}<mj-text>{{ shop.postal_address }}",
)


@pytest.fixture
def endpoint(account, monkeypatch):
    return released(account, monkeypatch)


def test_a_preview_recommends_what_the_customer_would_be_recommended(account, context, endpoint):
    # GIVEN a template with recommendations, a campaign whose preview found a customer, and another with scores
    save(context, mjml=RECOMMENDING)
    save_campaign(account)
    put_sample(account, "ann")
    put_release(account, champion="3")
    put_score(account, "c-1", "3", 0.7)
    # WHEN it is previewed for each of them
    asked = ({"campaign_id": "win-back"}, {"customer_id": "c-1"})
    letters = [call(context, "POST", "/v1/templates/win-back/preview", body)[1] for body in asked]
    # THEN their recommendations are real, and count as shown to nobody
    assert ["Tea for ann: you like <tea>" in letters[0]["text"], "Tea for c-1" in letters[1]["text"]] == [True, True]
    assert not [letter for letter in letters if "recommendations" in letter["made_up"]]
    assert account.lines("events") == []


def test_a_preview_for_nobody_recommends_made_up_products(account, context, endpoint):
    # GIVEN a template with recommendations
    save(context, mjml=RECOMMENDING)
    # WHEN it is previewed without saying for whom
    _, body = call(context, "POST", "/v1/templates/win-back/preview")
    # THEN there are examples, which are named as made up, and no model was asked
    assert "Espresso cups, set of 4: goes with what you bought" in body["text"]
    assert "recommendations" in body["made_up"]
    assert endpoint.calls == []


def test_a_preview_asks_no_model_for_a_template_without_recommendations(account, context, endpoint):
    # GIVEN a template without them, and a customer
    save(context)
    save_campaign(account)
    put_sample(account, "ann")
    # WHEN it is previewed
    status, _ = call(context, "POST", "/v1/templates/win-back/preview", {"campaign_id": "win-back"})
    # THEN no model was asked
    assert (status, endpoint.calls) == (200, [])


def test_a_test_letter_is_sent_without_recommendations_where_the_model_fails(account, context, outbox, endpoint):
    # GIVEN a template with recommendations, and an endpoint that does not answer
    save(context, mjml=RECOMMENDING)
    save_campaign(account)
    put_sample(account, "ann")
    endpoint.failure = time_out()
    # WHEN it is sent as a test for a real customer
    asked = {"campaign_id": "win-back", "to": "marketing@shop.example"}
    status, _ = call(context, "POST", "/v1/templates/win-back/test", asked)
    # THEN it went out with what stands in for them
    [sent] = outbox[0]
    message = message_from_bytes(sent["Content"]["Raw"]["Data"], policy=default)
    assert status == 200
    assert "Come and see" in message.get_body(("plain",)).get_content()


def test_what_a_test_letter_recommends_counts_as_shown_to_nobody(account, context, outbox, endpoint):
    # GIVEN a template with recommendations, and a real customer
    save(context, mjml=RECOMMENDING)
    save_campaign(account)
    put_sample(account, "ann")
    # WHEN it is sent as a test
    asked = {"campaign_id": "win-back", "to": "marketing@shop.example"}
    status, _ = call(context, "POST", "/v1/templates/win-back/test", asked)
    # THEN the model was asked, and no exposure is kept of whoever looks at it
    assert (status, len(endpoint.calls)) == (200, 1)
    assert account.lines("events") == []
