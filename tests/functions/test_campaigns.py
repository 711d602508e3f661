"""The campaign routes that write and tell: what may be written, what is refused, and what is told."""

from datetime import UTC, datetime

import pytest

from commerce.campaigns.places import PAGE, RESULT, RunPlaces
from functions.common import campaigns
from functions.common.campaigns import ConflictError, PartProgress
from tests.functions.campaign_fixtures import (
    BODY,
    TABLE,
    call,
    definition,
    facts,
    put,
    result,
    save_campaign,
    save_offer,
    stored,
)
from tests.functions.campaign_workflow import CHANGED, PATH, executions, with_workflow


@pytest.fixture
def shop(account):
    return with_workflow(account)


def test_a_campaign_is_a_draft_when_it_is_made(shop, context):
    # GIVEN a body
    # WHEN it is posted
    status, body, headers = call(context, "POST", "/v1/campaigns", BODY)
    # THEN there is a draft with its defaults, and where to find it
    assert (status, body["status"], body["definition"]["holdout"]) == (201, "draft", 0.1)
    assert (headers["Location"], headers["ETag"]) == (PATH, '"0"')
    assert call(context, "GET", PATH)[1] == body
    assert executions() == {}


def test_the_same_body_again_is_the_same_campaign_and_another_is_refused(shop, context):
    # GIVEN a campaign
    _, made, _ = call(context, "POST", "/v1/campaigns", BODY)
    # WHEN its body is posted again, and another one of its id
    again, other = call(context, "POST", "/v1/campaigns", BODY), call(context, "POST", "/v1/campaigns", BODY | CHANGED)
    # THEN the first finds it and the second finds the id taken
    assert again[:2] == (200, made)
    assert (other[0], other[1]["error"]["code"]) == (409, "id_taken")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"audience": "orders.cuont > 1"}, "invalid_condition", "there is no orders.cuont"),
        ({"audience": "orders.count"}, "invalid_condition", "true or false"),
        ({"audience": "orders.count >"}, "invalid_condition", "cannot be read"),
        ({"audience": "scores.nope.probability > 0.5"}, "invalid_condition", "there is no scores.nope"),
        ({"arms": [{"name": "a", "template_id": "nope"}]}, "unknown_template", "no template 'nope'"),
        ({"arms": [{"name": "a", "template_id": ""}]}, "invalid_request", "template_id"),
        (
            {"arms": [{"name": "a", "template_id": "win-back", "template_version": 9}]},
            "unknown_template",
            "newest is 1",
        ),
        ({"arms": [{"name": "a", "template_id": "win-back", "offer_id": "nope"}]}, "unknown_offer", "no offer 'nope'"),
        ({"arms": [{"name": "a", "template_id": "win-back", "offer_id": ""}]}, "invalid_request", "offer_id"),
        ({"arms": []}, "invalid_request", "arms"),
        ({"arms": [{"name": "holdout", "template_id": "win-back"}]}, "invalid_request", "who get nothing"),
        ({"holdout": 0}, "invalid_request", "holdout"),
        ({"as_of": "2999-01-01"}, "in_the_future", "is to come"),
        ({"id": "Not An Id"}, "invalid_request", "id"),
        ({"colour": "red"}, "invalid_request", "colour"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_where_it_is_wrong(shop, context, changes, code, words):
    # GIVEN a body with one thing wrong
    # WHEN it is posted
    status, body, _ = call(context, "POST", "/v1/campaigns", BODY | changes)
    # THEN the answer says what, and nothing is kept
    assert (status, body["error"]["code"]) == (400, code)
    assert words in body["error"]["message"]
    assert call(context, "GET", "/v1/campaigns")[1] == {"campaigns": []}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "\\ud800"}'])
def test_a_body_that_is_none_is_refused(shop, context, text):
    # GIVEN a text that is no campaign
    # WHEN it is posted
    # THEN it is the caller's error
    assert call(context, "POST", "/v1/campaigns", text)[0] == 400


def test_traits_of_the_shops_own_may_be_asked_for(shop, context):
    # GIVEN a condition on a trait that only this shop keeps
    body = BODY | {"audience": "customer.traits.tier == 'gold' || customer.country in ['DE', 'AT']"}
    # WHEN it is posted
    # THEN it is taken
    assert call(context, "POST", "/v1/campaigns", body)[0] == 201


def test_campaigns_are_listed_newest_first(shop, context):
    # GIVEN campaigns of several days
    for day in (1, 3, 2):
        save_campaign(shop, f"of-day-{day}", created_at=datetime(2026, 1, day, tzinfo=UTC))
    # WHEN they are listed
    _, body, _ = call(context, "GET", "/v1/campaigns")
    # THEN the newest is first
    assert [c["id"] for c in body["campaigns"]] == ["of-day-3", "of-day-2", "of-day-1"]


def test_a_campaign_being_sent_tells_how_far_it_is(shop, context):
    # GIVEN a campaign whose parts are being sent, which was never settled
    save_campaign(shop, status="sending", run=1)
    for number, state in ((1, "done"), (2, "running")):
        progress = PartProgress(number=number, rows=5, state=state, sent=2)
        campaigns.put_part(shop.dynamodb, TABLE, "win-back", "r0001", progress)
    # WHEN it is asked for
    _, body, _ = call(context, "GET", PATH)
    # THEN its letters are counted as they are
    assert (body["delivery"]["parts"], body["delivery"]["parts_done"], body["delivery"]["sent"]) == (2, 1, 4)


def test_a_draft_can_be_changed_and_loses_what_its_preview_found(shop, context):
    # GIVEN a draft that was previewed
    save_campaign(shop, preview=facts())
    # WHEN its holdout is changed
    status, body, headers = call(context, "PUT", PATH, CHANGED, {"if-match": '"0"'})
    # THEN the preview is gone, and the revision has risen
    assert (status, body["definition"]["holdout"], body["preview"]) == (200, 0.2, None)
    assert (body["revision"], headers["ETag"]) == (1, '"1"')


def test_a_change_that_is_none_changes_nothing(shop, context):
    # GIVEN a draft
    before = save_campaign(shop, preview=facts())
    # WHEN what is there is put again
    status, body, _ = call(context, "PUT", PATH, before.definition.model_dump(mode="json"))
    # THEN it is as it was, its revision too
    assert (status, body["revision"]) == (200, 0)
    assert stored(shop) == before


def test_a_change_of_what_another_has_changed_is_refused(shop, context):
    # GIVEN a draft at revision 1
    save_campaign(shop, revision=1)
    # WHEN somebody who read revision 0 changes it
    status, body, _ = call(context, "PUT", PATH, CHANGED, {"If-Match": "0"})
    # THEN they are told to read again
    assert (status, body["error"]["code"]) == (412, "changed_meanwhile")
    assert stored(shop).definition.holdout == 0.1


@pytest.mark.parametrize("tag", ["abc", '"-1"', "1, 2"])
def test_a_revision_that_is_none_is_refused(shop, context, tag):
    # GIVEN a draft
    save_campaign(shop)
    # WHEN If-Match holds something else
    # THEN it is not taken for any revision
    assert call(context, "PUT", PATH, CHANGED, {"If-Match": tag})[0] == 400


def test_two_who_write_at_once_do_not_overwrite_each_other(shop):
    # GIVEN two who read the same campaign
    campaign = save_campaign(shop)
    campaigns.put(shop.dynamodb, TABLE, campaign.model_copy(update={"reason": "first"}))
    # WHEN the second writes
    # THEN it is told
    with pytest.raises(ConflictError):
        campaigns.put(shop.dynamodb, TABLE, campaign.model_copy(update={"reason": "second"}))
    assert stored(shop).reason == "first"


def test_results_are_the_newest_look_with_a_page_that_can_be_read_for_an_hour(shop, context):
    # GIVEN a campaign with two looks
    save_campaign(shop, status="measuring", run=1, looks_done=2)
    places = RunPlaces("win-back", "r0001")
    for look in (1, 2):
        put(shop, places.key(f"look-{look:02d}", RESULT), result(look=look).model_dump_json())
    # WHEN its results are asked for
    status, body, _ = call(context, "GET", f"{PATH}/results")
    # THEN they are the second's, and the page's URL is signed as encrypted objects need it
    assert (status, body["result"]["look"]) == (200, 2)
    assert places.key("look-02", PAGE) in body["page_url"]
    assert "X-Amz-Expires=3600" in body["page_url"] and "X-Amz-Algorithm=AWS4" in body["page_url"]


def test_there_are_no_results_before_the_first_look(shop, context):
    # GIVEN a campaign that was not measured
    save_campaign(shop, status="measuring", run=1)
    # WHEN its results are asked for, and those of none
    statuses = [call(context, "GET", f"/v1/campaigns/{name}/results")[0] for name in ("win-back", "nope")]
    # THEN there are none
    assert statuses == [404, 404]


def test_an_offer_of_an_arm_has_to_be_there(shop, context):
    # GIVEN an offer
    save_offer(shop)
    # WHEN a campaign gives it
    body = BODY | {"arms": [{"name": "a", "template_id": "win-back", "offer_id": "ten-off"}]}
    # THEN it is taken
    assert call(context, "POST", "/v1/campaigns", body)[0] == 201


def test_an_unknown_route_is_none(shop, context):
    # GIVEN a route that the function does not know
    # WHEN it is called
    # THEN it says so
    assert call(context, "DELETE", PATH)[0] == 404


def test_a_definition_is_stored_as_it_was_given(shop, context):
    # GIVEN money with decimals
    body = BODY | {"budget": {"amount": "100.10", "currency": "EUR"}}
    # WHEN a campaign is made
    call(context, "POST", "/v1/campaigns", body)
    # THEN not a cent is lost
    assert stored(shop).definition == definition(budget={"amount": "100.10", "currency": "EUR"})
