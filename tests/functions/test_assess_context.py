"""What the accounts family says of a customer, at the decision on their payment."""

import json
from datetime import date

import pytest

from commerce.assessments.context import Context
from commerce.families.accounts.answer import AccountsAnswer, Flag, Group, Shared
from commerce.families.accounts.context import ACCOUNT
from commerce.release import Release
from commerce.rules.vocabulary import vocabulary
from functions.assess import handler as assess_handler
from functions.assess.handler import respond
from functions.assess.storage import AwsStorage
from functions.common import aws, releases, score_rows
from functions.common.releases import Pointer
from tests.functions.assessing import FRAUD, NOW, asked, payment, release


@pytest.fixture
def assess(account, monkeypatch):
    """Asks, with nothing remembered from the test before."""
    release(account)
    monkeypatch.setattr(assess_handler, "storage", AwsStorage())
    return lambda **changes: json.loads(respond(asked(payment(**changes)), NOW)["body"])


def said(*flags, probability: float | None = 0.4):
    """An answer of the accounts family."""
    return AccountsAnswer(
        source="model",
        as_of=date(2026, 1, 1),
        probability=probability,
        group=Group(id="g", accounts=7, shared=[Shared(kind="card", things=4, accounts=7)]),
        flags=[Flag(name=name, evidence="e") for name in flags],
    ).model_dump(mode="json")


def publish(account, answer, customer="c-1", *, released="3", stored="3"):
    """A release of the accounts family, and a row of the score table."""
    pointer = Pointer(Release(family="accounts", champion=released, since=NOW))
    account.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(pointer))
    row = score_rows.row("accounts", customer, stored, answer, 2**31)
    account.dynamodb.put_item(TableName="test-scores", Item=row)


def calls(monkeypatch, change=lambda answer: answer):
    """Collects the tables of each BatchGetItem of the decision's client; `change` is made to what it gives."""
    client, found = aws.client("dynamodb", read_timeout=0.2, attempts=1), []
    real = client.batch_get_item

    def batch_get_item(*, RequestItems):
        found.append(sorted(RequestItems))
        return change(real(RequestItems=RequestItems))

    monkeypatch.setattr(client, "batch_get_item", batch_get_item)
    return found


def fired(answer):
    return [rule["id"] for rule in answer["rules"]]


def test_the_customers_row_is_read_with_the_states_in_one_batch(account, assess, monkeypatch):
    # GIVEN an answer about the customer, and releases that were read before
    publish(account, said("coupon_abuse"))
    assess(id_="p-0")
    found = calls(monkeypatch)
    # WHEN a payment is decided on
    assess(id_="p-1")
    # THEN one call reads both tables
    assert found == [["test-counters", "test-scores"]]


@pytest.mark.parametrize(
    ("flags", "coupon", "rules"),
    [
        (["coupon_abuse"], "WELCOME", ["coupon-abuse"]),
        (["coupon_abuse"], None, []),
        (["multi_account", "known_fraud_nearby"], None, ["account-group"]),
        (["multi_account"], "WELCOME", []),
    ],
)
def test_rules_fire_by_the_flags_of_the_customers_account(account, assess, flags, coupon, rules):
    # GIVEN an account with flags
    publish(account, said(*flags))
    # WHEN its payment is decided on, with a coupon or without
    answer = assess(coupon=coupon)
    # THEN the rules about such accounts ask for a review, and no others do
    assert fired(answer) == rules
    assert answer["outcome"] == ("review" if rules else "approve")


def test_what_rules_were_told_is_kept_in_the_snapshot(account, assess):
    # GIVEN an answer about the customer
    publish(account, said("multi_account"))
    # WHEN a payment is decided on
    assess()
    # THEN the decision's features hold it beside the model's inputs
    (row,) = [row for row in account.lines("events") if row["name"] == "Decision Made"]
    kept = {name: value for name, value in json.loads(row["properties"])["features"].items() if "." in name}
    assert kept == {
        "account.accounts": 7.0,
        "account.multi_account": 1.0,
        "account.coupon_abuse": 0.0,
        "account.refund_abuse": 0.0,
        "account.known_fraud_nearby": 0.0,
        "account.probability": 0.4,
    }


@pytest.mark.parametrize(
    ("customer", "stored"), [("c-2", "3"), ("c-1", "2")], ids=["another customer's", "of another version"]
)
def test_without_a_row_of_the_live_version_the_rules_do_not_fire(account, assess, customer, stored):
    # GIVEN a row that is not the customer's of the live version
    publish(account, said("coupon_abuse"), customer, stored=stored)
    # WHEN a payment with a coupon is decided on
    answer = assess(coupon="WELCOME")
    # THEN it is decided as before, and nothing counts as missing
    assert (fired(answer), answer["outcome"], answer["source"], answer["missing"]) == ([], "approve", "model", [])


def test_a_payment_of_nobody_known_asks_for_no_row(account, assess, monkeypatch):
    # GIVEN a release of the accounts family
    publish(account, said("coupon_abuse"))
    assess(id_="p-0")
    found = calls(monkeypatch)
    # WHEN a payment without a customer is decided on
    assess(id_="p-1", customer_id=None)
    # THEN the score table is left alone
    assert found == [["test-counters"]]


def test_a_throttled_score_table_costs_the_decision_nothing_else(account, assess, monkeypatch):
    # GIVEN a score table that leaves every key unprocessed
    publish(account, said("coupon_abuse"))
    assess(id_="p-0")

    def throttled(answer):
        answer["Responses"].pop("test-scores")
        return answer | {"UnprocessedKeys": {"test-scores": {"Keys": [score_rows.key("accounts", "c-1", "3")]}}}

    found = calls(monkeypatch, throttled)
    # WHEN a payment with a coupon is decided on
    answer = assess(id_="p-1", coupon="WELCOME")
    # THEN the model decides by what is counted, nobody waits for the row, and its rules do not fire
    assert (answer["source"], answer["missing"], fired(answer)) == ("model", [], [])
    assert len(found) == 1


def test_an_answer_that_cannot_be_read_is_gone_without(account, assess):
    # GIVEN a stored answer of another form
    publish(account, {"group": "seven"})
    # WHEN a payment is decided on THEN it is decided without it
    assert assess(coupon="WELCOME")["outcome"] == "approve"


def test_the_vocabulary_has_what_the_context_says():
    # GIVEN the spec of fraud
    assert FRAUD.assessment is not None
    context = FRAUD.assessment.context
    # WHEN its vocabulary is made
    words = vocabulary(FRAUD.assessment)
    # THEN rules may ask for every field of its context, which answers have, but for the probability at a cold start
    assert isinstance(context, Context) and words["account"] == dict.fromkeys(ACCOUNT.fields, 1.0)
    assert set(ACCOUNT.read(said(probability=None))) == set(ACCOUNT.fields) - {"probability"}
