"""`shopkeeper campaigns` and `offers` against a server that answers as the API does."""

import json
from pathlib import Path

import pytest

from cli import definitions
from cli.campaigns import following, measured, showing
from commerce.campaigns import condition
from commerce.campaigns.lifecycle import CampaignList, Delivery
from commerce.campaigns.offer import Offer, OfferDefinition, OfferList
from commerce.campaigns.result import ResultAnswer
from tests.cli.campaign_fixtures import campaign, effect, facts, finished, result

EXAMPLES = Path("cli/examples")
OFFER = Offer(
    id="five-off", definition=OfferDefinition(title="5 off", kind="amount", value=5, currency="USD", cost=5), issued=12
)


def test_the_examples_can_be_used():
    # GIVEN the campaign and the offer of the examples
    example = definitions.campaign(EXAMPLES / "win-back.toml")
    offer, _ = definitions.offer(EXAMPLES / "five-off.toml")
    # WHEN their parts are held together
    # THEN the condition is one, and the arm gives the offer
    assert condition.parse(example.audience).names == ("scores.churn.probability", "orders.spend_365d")
    assert [arm.offer_id for arm in example.arms] == [offer]


def test_a_campaign_is_created_from_a_file(api, run):
    # GIVEN the example
    api.says("POST /v1/campaigns", campaign(), status=201)
    # WHEN it is created
    made = run("campaigns", "create", EXAMPLES / "win-back.toml")
    # THEN what the file says arrives
    assert made.exit_code == 0, made.output
    sent = api.asked[0].body
    assert (sent["id"], sent["holdout"], sent["budget"]) == ("win-back", 0.3, {"amount": "10000", "currency": "USD"})


def test_what_is_wrong_with_a_file_is_told_field_by_field(api, run, tmp_path):
    # GIVEN a file with a misspelt key and without arms
    file = tmp_path / "wrong.toml"
    file.write_text('id = "x1"\nauthor = "a"\nname = "n"\naudience = "true"\nhold_out = 0.1\n')
    # WHEN it is created
    refused = run("campaigns", "create", file)
    # THEN the exit code says wrong usage, both are named, and nothing was asked
    assert refused.exit_code == 2
    assert "arms: Field required" in refused.stderr
    assert "hold_out" in refused.stderr
    assert api.asked == []


@pytest.mark.parametrize(("text", "words"), [("id = ", "is not TOML"), (None, "there is no file")])
def test_a_file_that_cannot_be_read_is_refused(run, tmp_path, text, words):
    # GIVEN no file, or one that is no TOML
    file = tmp_path / "campaign.toml"
    if text is not None:
        file.write_text(text)
    # WHEN a campaign is created from it
    refused = run("campaigns", "create", file)
    # THEN the exit code says wrong usage
    assert refused.exit_code == 2
    assert words in refused.stderr


def test_a_change_is_guarded_by_the_revision_that_was_read(api, run):
    # GIVEN a campaign at revision 7
    api.says("GET /v1/campaigns/win-back", campaign(revision=7))
    api.says("PUT /v1/campaigns/win-back", campaign(revision=8))
    # WHEN it is changed
    changed = run("campaigns", "change", EXAMPLES / "win-back.toml")
    # THEN the change says which revision it is of, and holds no id and no author
    (asked,) = api.to("PUT /v1/campaigns/win-back")
    assert changed.exit_code == 0, changed.output
    assert asked.headers["if-match"] == '"7"'
    assert not {"id", "author"} & set(asked.body)


def test_a_refusal_is_told_in_the_apis_own_words(api, run):
    # GIVEN a campaign that was started
    api.refuses(
        "POST /v1/campaigns/win-back/start", 409, "not_allowed", "a campaign that is finished cannot be started"
    )
    # WHEN it is started again
    refused = run("campaigns", "start", "win-back")
    # THEN the error holds the API's sentence
    assert refused.exit_code == 1
    assert str(refused.exception) == "a campaign that is finished cannot be started"


def test_a_preview_is_waited_for(api, run):
    # GIVEN a preview that takes two looks
    api.says("POST /v1/campaigns/win-back/preview", campaign(), status=202)
    api.says("GET /v1/campaigns/win-back", campaign(), campaign(), campaign(preview=facts(arms={})))
    # WHEN it is asked for
    preview = run("campaigns", "preview", "win-back")
    # THEN the funnel, the reasons and what could be shown are told
    assert preview.exit_code == 0, preview.output
    for words in (
        "2,469",
        "meant (3 more could not be judged)",
        "−15",
        "did not consent",
        "880",
        "8.0 points (+14.5%)",
    ):
        assert words in preview.stdout


def test_a_preview_that_finds_nobody_has_its_own_exit_code(api, run):
    # GIVEN a preview without anybody
    api.says("POST /v1/campaigns/win-back/preview", campaign(), status=202)
    api.says("GET /v1/campaigns/win-back", campaign(preview=facts(eligible=0, detectable=[], sample=[], arms={})))
    # WHEN it is asked for
    # THEN the exit code says not ready
    assert run("campaigns", "preview", "win-back").exit_code == 4


def test_a_preview_that_failed_says_why(api, run):
    # GIVEN a preview that failed
    api.says("POST /v1/campaigns/win-back/preview", campaign(), status=202)
    api.says("GET /v1/campaigns/win-back", campaign(reason="the preview failed: the lake is empty"))
    # WHEN it is asked for
    failed = run("campaigns", "preview", "win-back")
    # THEN the reason is told
    assert failed.exit_code == 1
    assert "the lake is empty" in failed.stderr


def test_a_start_is_followed_to_its_result(api, run):
    # GIVEN a campaign that is sent, measured and finished
    sending = campaign(status="sending", run=1, audience=facts(), delivery=Delivery(parts=2, sent=10))
    measuring = finished().model_copy(update={"status": "measuring", "looks_done": 0})
    api.says("POST /v1/campaigns/win-back/start", sending, status=202)
    api.says("GET /v1/campaigns/win-back", sending, measuring, finished())
    api.says("GET /v1/campaigns/win-back/results", ResultAnswer(result=result(), page_url="http://x"))
    # WHEN it is started and waited for
    started = run("campaigns", "start", "win-back", "--wait")
    # THEN what became of the letters is told, and the verdict
    assert started.exit_code == 0, started.output
    for words in ("650 sent (2 of 2 parts)", "8 had enough letters lately", result().verdict):
        assert words in started.stdout


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ({"status": "failed", "reason": "no machine"}, 1),
        ({"status": "paused"}, 1),
        ({"status": "finished", "reason": "nobody can be written to"}, 4),
    ],
)
def test_an_ending_without_a_result_has_its_exit_code(api, run, ended, code):
    # GIVEN a campaign that ends otherwise
    api.says("POST /v1/campaigns/win-back/resume", campaign(status="sending"), status=202)
    api.says("GET /v1/campaigns/win-back", campaign(**ended))
    # WHEN it is resumed and waited for
    resumed = run("campaigns", "resume", "win-back", "--wait")
    # THEN the exit code and the reason say so
    assert resumed.exit_code == code
    assert ended.get("reason", "paused") in resumed.stdout


@pytest.mark.parametrize("text", ["2030-05-04T09:00+02:00", "2030-05-04T09:00"])
def test_a_schedule_always_has_a_time_zone(api, run, text):
    # GIVEN a time with and without an offset
    api.says("POST /v1/campaigns/win-back/schedule", campaign(status="scheduled"))
    # WHEN the campaign is scheduled
    scheduled = run("campaigns", "schedule", "win-back", "--at", text)
    # THEN the API gets an offset in any case
    assert scheduled.exit_code == 0, scheduled.output
    assert api.asked[0].body["at"] in ("2030-05-04T09:00:00+02:00", "2030-05-04T09:00:00Z")


def test_a_campaign_is_cancelled_only_when_that_is_confirmed(api, run):
    # GIVEN a running campaign
    api.says("POST /v1/campaigns/win-back/cancel", campaign(status="cancelled"))
    # WHEN it is cancelled and the question is denied, then without the question
    denied, done = run("campaigns", "cancel", "win-back", input="n\n"), run("campaigns", "cancel", "win-back", "--yes")
    # THEN only the second reached the API
    assert (denied.exit_code, done.exit_code) == (1, 0)
    assert len(api.asked) == 1


def test_results_begin_with_the_verdict(api, run, tmp_path):
    # GIVEN a look at the effect
    answer = ResultAnswer(result=result(), page_url=f"{api.url}/signed/result.html?X-Amz-Signature=1")
    api.says("GET /v1/campaigns/win-back/results", answer)
    api.says("GET /signed/result.html?X-Amz-Signature=1", b"<html>page</html>")
    # WHEN it is asked for with its page
    shown = run("campaigns", "results", "win-back", "--html", tmp_path / "result.html")
    # THEN the verdict comes first, then effects, looks, letters and arms; the page was fetched
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(result().verdict)
    for words in (
        "+9.0 (+3.0 to +15.0)",
        "+3.00 (-2.00 to +8.00)",
        "+1,980 USD",
        "+5.0 (-4.0 to +14.0)",
        "390",
        "p = 1.000",
    ):
        assert words in shown.stdout
    assert (tmp_path / "result.html").read_text() == "<html>page</html>"


def test_results_that_are_not_there_yet_have_their_exit_code(api, run):
    # GIVEN a campaign that is being sent
    api.refuses("GET /v1/campaigns/win-back/results", 404, "no_result_yet", "its effect was not measured yet")
    # WHEN its results are asked for
    # THEN the exit code says not ready
    assert run("campaigns", "results", "win-back").exit_code == 4


def test_results_as_json_are_the_apis(api, run):
    # GIVEN a look at the effect
    api.says("GET /v1/campaigns/win-back/results", ResultAnswer(result=result(), page_url="http://x"))
    # WHEN it is asked for as JSON
    plain = run("campaigns", "results", "win-back", "--json")
    # THEN it is the result itself
    assert json.loads(plain.stdout) == json.loads(result().model_dump_json())


def test_campaigns_are_listed_and_shown(api, run):
    # GIVEN one campaign
    api.says("GET /v1/campaigns", CampaignList(campaigns=[finished()]))
    api.says("GET /v1/campaigns/win-back", finished())
    # WHEN it is listed and shown
    listed, shown = run("campaigns", "list"), run("campaigns", "show", "win-back")
    # THEN both say how far it is
    assert "finished" in listed.stdout
    for words in ("scores.churn.probability > 0.3", "25%", "one look at its end", "650 sent"):
        assert words in shown.stdout


def test_offers_are_put_and_listed(api, run):
    # GIVEN the example's offer
    api.says("PUT /v1/offers/five-off", OFFER, status=201)
    api.says("GET /v1/offers", OfferList(offers=[OFFER]))
    # WHEN it is put and listed
    put, listed = run("offers", "put", EXAMPLES / "five-off.toml"), run("offers", "list")
    # THEN what the file says arrived, and what was issued is told
    assert put.exit_code == 0, put.output
    assert api.asked[0].body["limit"] == 5000
    assert "12" in listed.stdout


def test_an_offer_without_an_id_is_refused(run, tmp_path):
    # GIVEN a file that forgot it
    file = tmp_path / "offer.toml"
    file.write_text('title = "5 off"\nkind = "percent"\nvalue = 5\ncost = 1\n')
    # WHEN it is put
    refused = run("offers", "put", file)
    # THEN the exit code says wrong usage
    assert refused.exit_code == 2
    assert "id: Field required" in refused.stderr


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"status": "sending"}, ("finding the audience", 0, None)),
        ({"status": "sending", "audience": facts()}, ("sending 660 letters", 0, None)),
        (
            {
                "status": "sending",
                "audience": facts(),
                "delivery": Delivery(parts=2, parts_done=1, sent=300, failed=1, skipped={"bounced": 2}),
            },
            ("303 of 660 letters, 1 of 2 parts", 303, 660),
        ),
        ({"status": "measuring"}, ("look 1 of 1", 0, 1)),
    ],
)
def test_how_far_a_campaign_is(state, expected):
    # GIVEN a campaign on its way
    # WHEN its stage is told
    words, done, total = following.stage(campaign(**state))
    # THEN the holdout is not among the letters
    assert (words.removeprefix("win-back: "), done, total) == expected


@pytest.mark.parametrize(
    ("metric", "words"), [("conversion", "+9.0 (+3.0 to +15.0)"), ("revenue", "+0.09 (+0.03 to +0.15)")]
)
def test_differences_are_told_in_their_unit(metric, words):
    # GIVEN the same numbers of either metric
    # WHEN they are put in words
    # THEN shares are points and money is money
    assert measured.interval(effect(metric=metric)) == words


def test_a_reason_that_is_new_is_told_as_it_is():
    # GIVEN a reason that this version does not know
    # WHEN it is put in words
    # THEN it can be read all the same
    assert showing.why("moved_away") == "moved away"
