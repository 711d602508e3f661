"""Who is meant, who can be written to, and why the others cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from campaigns.audience import audience
from campaigns.audience.reach import is_address
from campaigns.errors import CampaignError
from commerce.campaigns.audience import AudienceFacts, Member
from lake import Lake
from tests.campaigns.conftest import NOW, at, customer, fill, message, order, plan_of, write_scores


class Found:
    """What the step left."""

    def __init__(self, folder: Path, members: Path) -> None:
        self.facts = AudienceFacts.model_validate_json((folder / "audience.json").read_bytes())
        self.again = AudienceFacts.model_validate_json((members / "audience.json").read_bytes())
        self.members = pq.read_table(members / "members.parquet").to_pylist()
        lines = (members / "sample.jsonl").read_text().splitlines()
        self.sample = [Member.model_validate_json(line) for line in lines]

    @property
    def ids(self) -> list[str]:
        return [m["customer_id"] for m in self.members]


def find(lake: Lake, tmp_path: Path, condition: str = "true", **more: Any) -> Found:
    folder, members = tmp_path / "audience", tmp_path / "members"
    folder.mkdir(exist_ok=True)
    members.mkdir(exist_ok=True)
    audience(plan_of(tmp_path / "lake", condition, **more), lake, folder, members, now=NOW)
    return Found(folder, members)


def test_those_for_whom_the_condition_holds_are_found(lake, tmp_path):
    # GIVEN customers with orders, one without, and one who is known by an order alone
    fill(
        lake,
        customers=[customer("anna"), customer("ben"), customer("cleo")],
        orders=[order(1, "anna", 10, 50), order(2, "anna", 40, 20), order(3, "ben", 5, 10), order(4, "dora", 3, 10)],
    )
    # WHEN
    found = find(lake, tmp_path, "orders.count >= 1")
    # THEN
    assert (found.facts.known, found.facts.matching, found.facts.unsure) == (4, 3, 0)
    assert (found.facts.eligible, found.facts.left_out) == (2, {"no_address": 1})
    assert found.ids == ["anna", "ben"]
    assert found.facts == found.again


def test_a_value_that_is_not_known_leaves_a_customer_out_and_is_counted(lake, tmp_path):
    # GIVEN one customer with a second order, one with a single one
    fill(
        lake,
        customers=[customer("anna"), customer("ben")],
        orders=[order(1, "anna", 30, 5), order(2, "anna", 10, 5), order(3, "ben", 5, 10)],
    )
    # WHEN the condition asks for the gap between orders
    found = find(lake, tmp_path, "orders.usual_gap_days > 10.0")
    # THEN
    assert (found.facts.matching, found.facts.unsure, found.ids) == (1, 1, ["anna"])


def test_scores_are_asked_for_and_handed_on_with_their_reasons(lake, tmp_path):
    # GIVEN three customers, two of them with scores in two files
    fill(lake, customers=[customer("anna", traits='{"first_name": "Anna"}'), customer("ben"), customer("cleo")])
    folder = write_scores(tmp_path / "scores", {"anna": 0.9, "ben": 0.2, "nobody": 0.9}, rows=2)
    # WHEN
    condition = "scores.churn.probability > 0.6"
    found = find(lake, tmp_path, condition, scores={"churn": str(folder)})
    # THEN who has none is left out, and the answer is whole
    assert (found.ids, found.facts.unsure) == (["anna"], 1)
    member = found.sample[0]
    assert member.scores["churn"]["probability"] == 0.9
    assert member.scores["churn"]["reasons"] == [{"text": "no order for 60 days", "contribution": 0.4}]
    assert (member.arm, member.traits, member.time_zone) == ("letter", {"first_name": "Anna"}, "Europe/Berlin")
    assert found.members[0]["score"] == 0.9


def test_whether_there_is_a_score_can_be_asked(lake, tmp_path):
    # GIVEN a customer with a score and one without
    fill(lake, customers=[customer("anna"), customer("ben")])
    folder = write_scores(tmp_path / "scores", {"anna": 0.9})
    # WHEN
    found = find(lake, tmp_path, "!has(scores.churn)", scores={"churn": str(folder)})
    # THEN
    assert (found.ids, found.facts.unsure) == (["ben"], 0)


def test_scores_of_a_family_without_a_released_model_are_told_of(lake, tmp_path):
    # GIVEN no scores
    fill(lake, customers=[customer("anna")])
    # WHEN the condition asks for them
    found = find(lake, tmp_path, "scores.churn.probability > 0.6")
    # THEN
    assert (found.facts.matching, found.facts.unsure) == (0, 1)
    assert "churn, which has no released model" in found.facts.notes[0]


def test_scores_that_are_promised_and_missing_fail_with_what_to_do(lake, tmp_path):
    # GIVEN a plan with a folder of scores that is empty
    (tmp_path / "scores").mkdir()
    # WHEN
    with pytest.raises(CampaignError) as caught:
        find(lake, tmp_path, scores={"churn": str(tmp_path / "scores")})
    # THEN
    assert "no scores of churn" in str(caught.value)


def test_each_who_cannot_be_written_to_has_one_reason_the_first(lake, tmp_path):
    # GIVEN customers of whom several things are true
    fill(
        lake,
        customers=[
            customer("a", email=None, email_consent=False),
            customer("b", email="not an address"),
            customer("c", email_consent=False),
            customer("d", email_consent=None),
            customer("e"),
            customer("f"),
            customer("g"),
            customer("h"),
        ],
        messages=[
            message("1", "e", "unsubscribed", 3),
            message("2", "e", "complained", 2),
            message("3", "f", "complained", 2),
            message("4", "g", "bounced", 2, reason="Permanent/General"),
            message("5", "h", "opened", 2),
            message("6", "c", "bounced", 2),
        ],
    )
    # WHEN
    found = find(lake, tmp_path)
    # THEN
    expected = {"no_address": 2, "no_consent": 2, "unsubscribed": 1, "complained": 1, "bounced": 1}
    assert found.facts.left_out == expected
    assert found.ids == ["h"]


def test_what_customers_said_after_the_as_of_date_counts_until_now(lake, tmp_path):
    # GIVEN customers who unsubscribed, withdrew consent and moved after the as-of date, before now; and one later
    later = at(-0.2)
    fill(
        lake,
        customers=[
            customer("anna"),
            customer("ben"),
            customer("ben", updated_at=later, email_consent=False),
            customer("cleo"),
            customer("cleo", updated_at=later, email="new@example.com", country="AT"),
            customer("dora"),
        ],
        messages=[message("1", "anna", "unsubscribed", -0.1), message("2", "dora", "unsubscribed", -3)],
    )
    # WHEN the audience asks for the country as of the as-of date
    found = find(lake, tmp_path, "customer.country == 'DE'")
    # THEN
    assert found.facts.left_out == {"unsubscribed": 1, "no_consent": 1}
    assert [(m["customer_id"], m["email"]) for m in found.members] == [
        ("cleo", "new@example.com"),
        ("dora", "dora@example.com"),
    ]


def test_a_bounce_of_an_earlier_address_or_one_that_passes_does_not_count(lake, tmp_path):
    # GIVEN a customer with a new address since a bounce, one whose mailbox was full, one who bounced for good
    fill(
        lake,
        customers=[
            customer("anna", email="old@example.com"),
            customer("anna", updated_at=at(10), email="new@example.com"),
            customer("ben"),
            customer("cleo"),
            customer("cleo", updated_at=at(10), country="AT"),
        ],
        messages=[
            message("1", "anna", "bounced", 20),
            message("2", "ben", "bounced", 20, reason="Transient/MailboxFull"),
            message("3", "cleo", "bounced", 20, reason="Permanent/NoEmail"),
        ],
    )
    # WHEN
    found = find(lake, tmp_path)
    # THEN
    assert (found.ids, found.facts.left_out) == (["anna", "ben"], {"bounced": 1})


def test_of_several_with_one_address_one_is_written_to(lake, tmp_path):
    # GIVEN three customers with one address, written differently, the first without consent
    fill(
        lake,
        customers=[
            customer("anna", email="shared@example.com", email_consent=False),
            customer("ben", email=" Shared@Example.com "),
            customer("cleo", email="shared@example.com"),
        ],
    )
    # WHEN
    found = find(lake, tmp_path)
    # THEN
    assert [(m["customer_id"], m["email"]) for m in found.members] == [("ben", "Shared@Example.com")]
    assert found.facts.left_out == {"no_consent": 1, "shared_address": 1}
    assert "1 share an address" in found.facts.notes[0]


def test_an_address_that_one_of_its_owners_complained_from_is_left_alone(lake, tmp_path):
    # GIVEN two customers with one address, of whom one unsubscribed; and two without any address
    fill(
        lake,
        customers=[
            customer("anna", email="shared@example.com"),
            customer("ben", email="SHARED@example.com"),
            customer("cleo", email=""),
            customer("dora", email=None),
        ],
        messages=[message("1", "ben", "unsubscribed", 3), message("2", "cleo", "unsubscribed", 3)],
    )
    # WHEN
    found = find(lake, tmp_path)
    # THEN
    assert found.facts.left_out == {"unsubscribed": 2, "no_address": 2}


@pytest.mark.parametrize("text", ["a@example.com", "o'hara+x@sub.example.co.uk", "1@xn--mller-kva.de"])
def test_an_address_is_recognized(text):
    # GIVEN an address
    # WHEN / THEN
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        None, "", "anna", "anna@", "@example.com", "anna@example", "an na@example.com", "a@b@example.com",
        "a@example.com\nBcc: x@example.com", "a@example.com\r", "<a@example.com>", "a,b@example.com", ".a@example.com",
        "a..b@example.com", "a.@example.com", "a@-example.com", "a@example..com", "ä@example.com", "a@exämple.com",
        "a@127.0.0.1", f"{'a' * 65}@example.com", f"a@{'b.' * 130}com", "a\x00@example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_written_to(text):
    # GIVEN something else
    # WHEN / THEN
    assert not is_address(text)


def test_an_empty_lake_gives_a_clear_result(lake, tmp_path):
    # GIVEN nothing
    # WHEN
    found = find(lake, tmp_path, "orders.count > 3 && bought.departments.exists(d, d == 'x')")
    # THEN
    assert (found.facts.known, found.facts.matching, found.facts.eligible, found.members) == (0, 0, 0, [])
    assert (found.facts.detectable, found.facts.sample, found.sample) == ([], [], [])
    assert found.facts.notes == ["the lake knows no customer before this day"]


def test_nobody_meant_gives_a_clear_result(lake, tmp_path):
    # GIVEN one customer
    fill(lake, customers=[customer("anna")])
    # WHEN the condition holds for nobody, and when it asks for a trait that nobody has
    none, unknown = find(lake, tmp_path, "orders.count > 3"), find(lake, tmp_path, "customer.traits.nmae == 'x'")
    # THEN
    assert (none.facts.known, none.facts.matching, none.facts.unsure, none.members) == (1, 0, 0, [])
    assert (unknown.facts.unsure, unknown.facts.notes) == (
        1,
        ["a value that the condition asks for is known of nobody; look for a misspelt trait"],
    )


def test_one_customer_gives_a_clear_result(lake, tmp_path):
    # GIVEN one customer, whose traits are a list
    fill(lake, customers=[customer("anna", traits="[1, 2]")], orders=[order(1, "anna", 3, 20)])
    # WHEN
    found = find(lake, tmp_path)
    # THEN
    assert (found.facts.eligible, found.facts.sample) == (1, ["anna"])
    assert found.members[0]["traits"] == "{}"


def test_a_condition_that_is_none_fails_with_what_is_wrong(lake, tmp_path):
    # GIVEN a definition that got past the API somehow
    # WHEN
    with pytest.raises(CampaignError) as caught:
        find(lake, tmp_path, "orders.cuont > 3")
    # THEN
    assert "there is no orders.cuont" in str(caught.value)


def test_spending_before_the_start_goes_to_strata_and_forecast(lake, tmp_path):
    # GIVEN many customers who spent in the last fortnight, some also in the one before
    people = [f"c{i:03d}" for i in range(200)]
    late = [order(f"a{i}", c, 5, 10 + i % 7) for i, c in enumerate(people) if i % 3]
    early = [order(f"b{i}", c, 20, 10 + i % 5) for i, c in enumerate(people) if i % 2]
    fill(lake, customers=[customer(c) for c in people], orders=late + early)
    # WHEN
    found = find(lake, tmp_path, attribution_days=14, metric="revenue")
    # THEN
    assert [(m["pre_spend"], m["spend_365d"]) for m in found.members[:3]] == [(0.0, 0.0), (11.0, 22.0), (12.0, 12.0)]
    assert [d.metric for d in found.facts.detectable] == ["revenue", "conversion"]
    assert found.facts.detectable[1].base == pytest.approx(133 / 200)


def test_the_sample_is_drawn_at_random_and_again_the_same(lake, tmp_path):
    # GIVEN more customers than a sample holds
    fill(lake, customers=[customer(f"c{i:02d}") for i in range(40)])
    # WHEN it is drawn twice, and once with another seed
    one, two, three = find(lake, tmp_path), find(lake, tmp_path), find(lake, tmp_path, seed=8)
    # THEN
    assert one.facts.sample == two.facts.sample == [m.customer_id for m in one.sample]
    assert len(set(one.facts.sample)) == 10
    assert one.facts.sample != three.facts.sample
    assert json.dumps(one.facts.sample) != json.dumps(sorted(one.facts.sample))
