"""A look from the lake to its files: what counts as an outcome, what is told, and the page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.errors import CampaignError
from campaigns.measure.job import Assignment, result_of, run
from campaigns.measure.outcomes import covariates, currencies, outcomes
from campaigns.orders import midnight
from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.campaign import Arm
from commerce.campaigns.places import ALLOCATED, ASSIGNMENT, PAGE, PLAN, RESULT
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.result import CampaignResult
from lake import Lake
from tests.campaigns.conftest import AS_OF, at, fill, line, message, order, plan_of

NOW = datetime(2026, 4, 1, tzinfo=UTC)
START = midnight(AS_OF)
EVERYBODY = np.array(["ann", "bob", "cyd"], dtype=object)


def spent(lake: Lake, *days: float) -> dict[str, list[list[float]]]:
    """Outcomes of everybody up to so many days after the start."""
    found = outcomes(lake, EVERYBODY, START, [START + timedelta(days=d) for d in days])
    return {metric: values.tolist() for metric, values in found.items()}


def plan(root: Path, looks: int = 1, **definition: Any) -> CampaignPlan:
    """A plan with looks evenly over its fourteen days."""
    made = plan_of(root, looks=looks, **definition)
    length = made.window_ends - made.window_starts
    return made.model_copy(update={"looks": [made.window_starts + length * (k + 1) / looks for k in range(looks)]})


def assignment(n: int, arms: tuple[str, ...] = ("letter",), erased: int = 0) -> Assignment:
    """Customers c0000 … of whom every second is held out, the others in turn get the arms; the first were erased."""
    names = np.array([f"c{i:04d}" for i in range(n)], dtype=object)
    arm = np.array(["holdout" if i % 2 else arms[i // 2 % len(arms)] for i in range(n)], dtype=object)
    counts = {str(name): int((arm == name).sum()) for name in np.unique(arm)}
    facts = AudienceFacts(as_of=AS_OF, known=n, matching=n, eligible=n, arms=counts)
    return Assignment(names[erased:], arm[erased:], np.repeat(0, n)[erased:], facts)


def shop(lake: Lake, found: Assignment, lift: float, seed: int = 0) -> None:
    """Orders before the start by habit, and after it with `lift` more of those with a letter ordering."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, (name, arm) in enumerate(zip(found.customer_id, found.arm, strict=True)):
        habit = rng.random() * 0.6
        amount = float(rng.gamma(2.0, 15.0)) + 1
        if rng.random() < habit:
            rows.append(order(f"{i}-before", name, float(rng.uniform(1, 60)), amount))
        if rng.random() < habit + lift * (arm != "holdout"):
            rows.append(order(f"{i}-after", name, -float(rng.uniform(0, 14)), amount))
    fill(lake, orders=rows)


def measured(lake: Lake, root: Path, found: Assignment, look: int = 1, **more: Any) -> CampaignResult:
    return result_of(plan(root, **more), look, lake, found, NOW)


def test_outcomes_are_completed_orders_of_the_window_net_of_what_came_back(lake):
    # GIVEN orders before, in and after the window; one cancelled on day 3, one partly returned on day 5
    cancelled = order(3, "bob", -1, 40.0, status="cancelled", status_at=at(-3))
    returned = order(4, "cyd", -2, 90.0)
    back = line(returned, line_id="return/1", kind="return", quantity=-1.0, total=-returned["total"] / 3)
    fill(
        lake,
        orders=[order(1, "ann", 1, 500.0), order(2, "ann", -6, 20.0), cancelled, returned, order(5, "ann", -8, 7.0)],
        order_lines=[line(returned), back | {"ordered_at": at(-5)}],
    )
    # WHEN outcomes are read up to day 2.5 and to day 7
    found = spent(lake, 2.5, 7)
    # THEN the cancelled order counts as long as nobody knew, the return from its day on, what is outside never
    assert found["conversion"] == [[0, 1], [1, 0], [1, 1]]
    assert found["revenue"] == [[0, 20], [40, 0], [90, pytest.approx(60)]]


def test_an_order_at_the_start_counts_and_one_at_the_end_does_not(lake):
    # GIVEN an order at the first moment of the window and one at the moment after its last
    fill(lake, orders=[order(1, "ann", 0, 10.0), order(2, "bob", -7, 10.0)])
    # WHEN outcomes are read
    # THEN the window holds its beginning alone
    assert spent(lake, 7)["conversion"] == [[1], [0], [0]]


def test_covariates_are_of_the_time_before(lake):
    # GIVEN orders 3 and 40 days before, 100 days before, and after the start
    fill(
        lake,
        orders=[
            order(1, "ann", 3, 10.0),
            order(2, "ann", 40, 20.0),
            order(3, "bob", 40, 5.0),
            order(4, "cyd", -1, 9.0),
        ],
    )
    # WHEN covariates are read for a window of 14 days
    found = covariates(lake, EVERYBODY, AS_OF, 14)
    # THEN they are spending and log orders of twelve weeks, and whether there was one in the last 14 days
    assert found == pytest.approx(np.array([[30, np.log(3), 1], [5, np.log(2), 0], [0, 0, 0]]))


def test_the_tables_may_be_empty(lake):
    # GIVEN a lake without anything
    # WHEN outcomes, covariates and currencies are read
    # THEN everybody did nothing
    assert spent(lake, 7)["revenue"] == [[0], [0], [0]]
    assert covariates(lake, EVERYBODY, AS_OF, 14).sum() == 0
    assert currencies(lake, START, START + timedelta(days=7)) == []


@pytest.mark.parametrize("metric", ["conversion", "revenue"])
def test_a_campaign_without_effect_is_reported_as_no_effect(lake, tmp_path, metric):
    # GIVEN a campaign whose letters changed nothing
    found = assignment(1200)
    shop(lake, found, lift=0.0)
    # WHEN it is measured at its end
    result = measured(lake, tmp_path / "lake", found, metric=metric)
    # THEN the verdict says so, and how many customers more it would take
    assert re.fullmatch(
        r"no effect shown \([−+][\d.]+ % to [−+][\d.]+ %\); [\d,]+ more customers needed to see \+1 %", result.verdict
    )
    assert not result.effects[0].significant
    assert (result.effects[0].metric, result.effects[0].arm, result.final) == (metric, "all", True)
    assert result.needed > 1000


def test_an_effect_is_told_with_its_interval_letter_by_letter(lake, tmp_path):
    # GIVEN two letters that make 20 % more of the customers order
    found = assignment(1200, ("red", "blue"))
    shop(lake, found, lift=0.2)
    arms = tuple(Arm(name=name, template_id="hello", template_version=1) for name in ("red", "blue"))
    # WHEN they are measured at the last of four looks
    result = measured(lake, tmp_path / "lake", found, look=4, looks=4, arms=arms)
    # THEN the effect is shown, around the truth, for all and for each letter, in both metrics
    assert result.verdict.startswith("the letters brought ")
    assert [(e.metric, e.arm) for e in result.effects] == [
        (metric, arm) for metric in ("conversion", "revenue") for arm in ("all", "blue", "red")
    ]
    assert result.effects[0].low < 0.2 < result.effects[0].high
    assert all(e.low < e.difference < e.high for e in result.effects)
    assert result.effects[1].level > result.effects[0].level
    assert [p.number for p in result.history] == [1, 2, 3, 4]
    assert (result.currency, result.sample_ratio.ok) == ("EUR", True)


def test_an_earlier_look_is_found_again_by_a_later_one(lake, tmp_path):
    # GIVEN a campaign with four looks
    found = assignment(600)
    shop(lake, found, lift=0.1)
    # WHEN it is looked at twice and then to the end
    early = measured(lake, tmp_path / "lake", found, look=2, looks=4)
    late = measured(lake, tmp_path / "lake", found, look=4, looks=4)
    # THEN the later one computes the earlier ones as they were, and only the last is final
    assert [p.at for p in late.history[:2]] == [p.at for p in early.history]
    for now, then in zip(late.history, early.history, strict=False):
        assert (now.difference, now.low, now.high) == pytest.approx((then.difference, then.low, then.high))
    assert (early.final, late.final) == (False, True)
    assert "after 7 of 14 days" in early.verdict


def test_erased_customers_are_told_of_and_unequal_losses_forbid_a_verdict(lake, tmp_path):
    # GIVEN a campaign of which three customers were erased, and one that lost thirty of its holdout
    found = assignment(400, erased=3)
    shop(lake, found, lift=0.0)
    kept = ~((found.arm == "holdout") & (np.arange(len(found.arm)) < 60))
    lost = Assignment(found.customer_id[kept], found.arm[kept], found.stratum[kept], found.facts)
    # WHEN both are measured
    few, many = (measured(lake, tmp_path / "lake", who) for who in (found, lost))
    # THEN the first says so and has a verdict, the second has none
    assert "3 customers were erased since the allocation and left out." in few.notes
    assert few.sample_ratio.ok
    assert not many.sample_ratio.ok
    assert many.verdict.startswith("nothing can be said: the arms lost customers unequally")


@pytest.mark.parametrize("n", [0, 1, 6])
def test_hardly_any_customers_give_a_clear_result(lake, tmp_path, n):
    # GIVEN a campaign with nobody, one customer, or a holdout of three
    # WHEN it is measured
    result = measured(lake, tmp_path / "lake", assignment(n))
    # THEN nothing can be said, and nothing is undefined
    assert result.verdict == "nothing can be said: too few customers have a letter or are held out"
    assert (result.effects, result.history, result.needed) == ([], [], None)
    CampaignResult.model_validate_json(result.model_dump_json())


def test_a_window_without_orders_says_so(lake, tmp_path):
    # GIVEN customers of whom nobody has ordered
    # WHEN they are measured at the first of two looks
    result = measured(lake, tmp_path / "lake", assignment(100), looks=2)
    # THEN the verdict says why there is nothing to see
    assert result.verdict == "no effect shown; after 7 of 14 days all customers of a group have done the same"
    assert (result.needed, result.effects[0].p_value) == (None, 1.0)


def test_interactions_are_counted_once_per_customer_by_arm_and_machines_apart(lake, tmp_path):
    # GIVEN letters of this campaign and of another; c0000 opened twice, a machine opened for c0004 alone
    of = {"campaign_id": "spring"}
    fill(
        lake,
        messages=[
            *(message(f"s{i}", f"c{i:04d}", "sent", -1, **of) for i in (0, 2, 4)),
            message("d0", "c0000", "delivered", -1, **of),
            message("o1", "c0000", "opened", -1, machine=False, **of),
            message("o2", "c0000", "opened", -2, **of),
            message("o3", "c0000", "opened", -1, machine=True, **of),
            message("o4", "c0004", "opened", -1, machine=True, **of),
            message("k0", "c0000", "clicked", -2, **of),
            message("b2", "c0002", "bounced", -1, **of),
            message("x", "c0004", "clicked", -1, campaign_id="another"),
            message("y", "stranger", "clicked", -1, **of),
        ],
    )
    # WHEN the campaign, of which red has c0000 and c0004 and blue c0002, is measured
    found = measured(lake, tmp_path / "lake", assignment(40, ("red", "blue"))).interactions
    # THEN every customer counts once, where they were allocated
    red, blue = found["red"], found["blue"]
    assert (red.sent, red.delivered, red.opened, red.machine_opened, red.clicked) == (2, 1, 1, 1, 1)
    assert (blue.sent, blue.bounced, blue.opened) == (1, 1, 0)
    assert "holdout" not in found


def test_orders_in_several_currencies_are_told_of(lake, tmp_path):
    # GIVEN orders in euro and in francs
    found = assignment(100)
    shop(lake, found, lift=0.1)
    fill(lake, orders=[order("chf", "c0001", -1, 10.0, currency="CHF")])
    # WHEN they are measured
    result = measured(lake, tmp_path / "lake", found)
    # THEN no currency is named and a note says why
    assert result.currency is None
    assert any("CHF, EUR" in note for note in result.notes)


def files(tmp_path: Path, made: CampaignPlan, found: Assignment) -> tuple[Path, Path]:
    """Folders of plan and allocation, as the job receives them."""
    plan_folder, allocation = tmp_path / "plan", tmp_path / "allocation"
    for folder in (plan_folder, allocation):
        folder.mkdir()
    (plan_folder / PLAN).write_text(made.model_dump_json())
    (allocation / ALLOCATED).write_text(found.facts.model_dump_json())
    columns = {
        "customer_id": found.customer_id.tolist(),
        "arm": found.arm.tolist(),
        "stratum": pa.array(found.stratum.tolist(), pa.int32()),
    }
    pq.write_table(pa.table(columns), allocation / ASSIGNMENT)
    return plan_folder, allocation


def test_the_job_takes_in_new_events_and_leaves_result_and_page(lake, tmp_path):
    # GIVEN a campaign with a name that is no markup, and an order that came in as an event
    found = assignment(400)
    shop(lake, found, lift=0.2)
    made = plan(tmp_path / "lake", looks=2)
    definition = made.definition.model_copy(update={"name": "Spring <script>alert(1)</script>"})
    made = made.model_copy(update={"definition": definition})
    raw = Path(made.raw)
    raw.mkdir(parents=True)
    event = {
        "message_id": "m1", "type": "track", "name": "Order Completed", "customer_id": "c0000",
        "timestamp": at(-1).isoformat(), "received_at": at(-1).isoformat(), "anonymous_id": None, "session_id": None,
        "properties": json.dumps({"order_id": "new", "total": 12, "currency": "EUR", "products": []}),
        "traits": None, "context": None,
    }  # fmt: skip
    (raw / "events.json").write_text(json.dumps(event) + "\n")
    # WHEN the job runs
    result = run(*files(tmp_path, made, found), 2, tmp_path / "out")
    # THEN the event is in the lake, the result is what was returned, and the page is whole and safe
    assert lake.table("orders").filter(lambda t: t.order_id == "new").count().to_pyarrow().as_py() == 1
    assert CampaignResult.model_validate_json((tmp_path / "out" / RESULT).read_bytes()) == result
    page = (tmp_path / "out" / PAGE).read_text()
    assert "Spring &lt;script&gt;" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=|url\(|@import", page)
    assert page.count("<svg") == 3
    assert "nan" not in page.lower().replace("finance", "")


@pytest.mark.parametrize("n", [0, 100])
def test_a_page_without_effect_or_orders_can_be_read(lake, tmp_path, n):
    # GIVEN a campaign with nobody, and one in which nobody ordered
    # WHEN the job runs
    result = run(*files(tmp_path, plan(tmp_path / "lake"), assignment(n)), 1, tmp_path / "out")
    # THEN there is a page, with the verdict
    assert result.verdict in (tmp_path / "out" / PAGE).read_text()


def test_what_cannot_be_measured_is_refused_with_its_reason(lake, tmp_path):
    # GIVEN a run's files
    made, found = plan(tmp_path / "lake", looks=2), assignment(20)
    plan_folder, allocation = files(tmp_path, made, found)
    # WHEN a look is asked for that was not planned, or the allocation lacks a file
    # THEN the error says so
    with pytest.raises(CampaignError, match="there is no look 3; the campaign has 2"):
        run(plan_folder, allocation, 3, tmp_path / "out")
    (allocation / ASSIGNMENT).unlink()
    with pytest.raises(CampaignError, match=r"assignment.parquet is missing"):
        run(plan_folder, allocation, 1, tmp_path / "out")
