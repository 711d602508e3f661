"""Exact counts, alike arms, the same whenever it is done, and nobody held out in any part."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.allocate import allocate
from campaigns.allocate.lots import draw, totals
from campaigns.allocate.strata import RANKS, SPENDS, strata
from campaigns.errors import CampaignError
from campaigns.members import SCHEMA
from commerce.campaigns.audience import AudienceFacts, Member, Part
from commerce.campaigns.campaign import HOLDOUT, Arm
from commerce.campaigns.plan import CampaignPlan
from tests.campaigns.conftest import AS_OF, plan_of

TWO = (Arm(name="warm", template_id="warm", weight=2.0), Arm(name="cool", template_id="cool", weight=1.0))


def write_members(folder: Path, customers: int, seed: int = 1, *, scored: bool = True) -> Path:
    """What the audience step leaves, of made-up customers."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    spend = rng.gamma(1.0, 50.0, customers) * (rng.random(customers) < 0.6)
    rows = [
        {
            "customer_id": f"c{i:06d}",
            "email": f"c{i}@example.com",
            "time_zone": None,
            "country": "DE",
            "traits": json.dumps({"first_name": f"N{i}"}),
            "scores": json.dumps({"churn": {"probability": 0.5}}),
            "score": float(rng.random()) if scored else None,
            "spend_365d": float(spend[i] * 8),
            "pre_spend": float(spend[i]),
        }
        for i in range(customers)
    ]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "members.parquet")
    facts = AudienceFacts(as_of=AS_OF, known=customers, matching=customers, eligible=customers, notes=["from before"])
    (folder / "audience.json").write_text(facts.model_dump_json())
    return folder


class Allocated:
    """What the step left."""

    def __init__(self, folder: Path, parts: Path) -> None:
        self.facts = AudienceFacts.model_validate_json((folder / "allocated.json").read_bytes())
        self.assignment = pq.read_table(folder / "assignment.parquet")
        self.manifest = [Part.model_validate(p) for p in json.loads((folder / "manifest.json").read_text())]
        self.files = {p.name: p.read_text() for p in sorted(parts.iterdir())}
        self.letters = [[Member.model_validate_json(line) for line in t.splitlines()] for t in self.files.values()]

    @property
    def arms(self) -> dict[str, str]:
        return dict(zip(*(self.assignment.column(c).to_pylist() for c in ("customer_id", "arm")), strict=True))


def run(plan: CampaignPlan, members: Path, tmp_path: Path, name: str = "one") -> Allocated:
    folder, parts = tmp_path / name / "allocation", tmp_path / name / "parts"
    folder.mkdir(parents=True)
    parts.mkdir()
    allocate(plan, members, folder, parts)
    return Allocated(folder, parts)


def test_arms_have_exact_counts_and_each_treated_customer_is_in_one_part(tmp_path):
    # GIVEN a thousand members and two letters
    members = write_members(tmp_path / "members", 1003)
    # WHEN they are allocated
    found = run(plan_of(tmp_path, arms=TWO, holdout=0.1, part_rows=250), members, tmp_path)
    # THEN the counts are as told
    assert found.facts.arms == Counter(found.arms.values()) == {HOLDOUT: 100, "warm": 602, "cool": 301}
    assert found.facts.notes == ["from before"]
    # THEN parts hold the treated, each once, with their arm, and nobody held out
    sent = [m for letters in found.letters for m in letters]
    assert len({m.customer_id for m in sent}) == len(sent) == 903
    assert all(found.arms[m.customer_id] == m.arm != HOLDOUT for m in sent)
    assert sent[0].traits["first_name"].startswith("N")
    # THEN the manifest tells of every part
    assert [p.rows for p in found.manifest] == [len(letters) for letters in found.letters] == [250, 250, 250, 153]
    assert found.manifest[0].key == "letters/spring/r0001/parts/part-00001.jsonl"
    assert [p.key.rpartition("/")[2] for p in found.manifest] == list(found.files)


def test_the_assignment_has_what_the_measurement_needs(tmp_path):
    # GIVEN
    members = write_members(tmp_path / "members", 500)
    # WHEN
    found = run(plan_of(tmp_path), members, tmp_path).assignment
    # THEN
    types = {name: str(found.schema.field(name).type) for name in found.column_names}
    assert types == {
        "customer_id": "string",
        "arm": "string",
        "stratum": "int32",
        "pre_spend": "double",
        "score": "double",
    }


def test_allocating_again_gives_the_same_files_and_another_seed_others(tmp_path):
    # GIVEN
    members = write_members(tmp_path / "members", 400)
    # WHEN
    one, two = (run(plan_of(tmp_path, arms=TWO), members, tmp_path, name) for name in ("one", "two"))
    other = run(plan_of(tmp_path, arms=TWO, seed=8), members, tmp_path, "other")
    # THEN
    assert (one.files, one.arms, one.manifest) == (two.files, two.arms, two.manifest)
    assert one.arms != other.arms
    assert Counter(one.arms.values()) == Counter(other.arms.values())


def test_arms_are_alike_in_score_and_spending(tmp_path):
    # GIVEN many members
    members = write_members(tmp_path / "members", 20_000)
    # WHEN
    found = run(plan_of(tmp_path, holdout=0.2), members, tmp_path).assignment
    # THEN the arms' means differ by less than chance alone would make them differ
    held = np.array(found.column("arm").to_pylist()) == HOLDOUT
    for name in ("pre_spend", "score"):
        values = found.column(name).to_numpy()
        error = values.std() * math.sqrt(1 / held.sum() + 1 / (~held).sum())
        assert abs(values[held].mean() - values[~held].mean()) < 1.5 * error
    # THEN every stratum gives the holdout its share, to one customer
    stratum = found.column("stratum").to_numpy()
    for number in np.unique(stratum):
        inside = stratum == number
        assert abs(held[inside].sum() - 0.2 * inside.sum()) < 1


@pytest.mark.parametrize(
    ("customers", "arms", "noted"),
    [
        (0, {HOLDOUT: 0, "warm": 0, "cool": 0}, "holdout, warm, cool has fewer"),
        (1, {HOLDOUT: 0, "warm": 1, "cool": 0}, "holdout, warm, cool has fewer"),
        (10, {HOLDOUT: 1, "warm": 6, "cool": 3}, "holdout has fewer"),
    ],
)
def test_few_members_give_a_clear_result(tmp_path, customers, arms, noted):
    # GIVEN
    members = write_members(tmp_path / "members", customers)
    # WHEN
    found = run(plan_of(tmp_path, arms=TWO), members, tmp_path)
    # THEN
    assert found.facts.arms == arms
    assert noted in found.facts.notes[-1]
    assert sum(p.rows for p in found.manifest) == customers - arms[HOLDOUT]


def test_without_a_score_spending_makes_the_strata(tmp_path):
    # GIVEN members whose condition asked for no score
    members = write_members(tmp_path / "members", 5000, scored=False)
    # WHEN
    found = run(plan_of(tmp_path), members, tmp_path).assignment
    # THEN
    assert found.column("score").null_count == 5000
    assert len(set(found.column("stratum").to_pylist())) > 3


def test_members_that_are_missing_fail_with_what_to_do(tmp_path):
    # GIVEN a folder without the audience step's files
    (tmp_path / "members").mkdir()
    # WHEN
    with pytest.raises(CampaignError) as caught:
        run(plan_of(tmp_path), tmp_path / "members", tmp_path)
    # THEN
    assert "give the job what the audience step wrote" in str(caught.value)


_SHARES = st.tuples(st.floats(0.01, 0.9), st.lists(st.floats(0.01, 1000, allow_nan=False), min_size=1, max_size=5)).map(
    lambda drawn: {HOLDOUT: drawn[0]} | {f"a{i}": (1 - drawn[0]) * w / sum(drawn[1]) for i, w in enumerate(drawn[1])}
)
_SPENDING = st.lists(st.one_of(st.just(0.0), st.floats(0, 1e6)), max_size=300)


@given(spending=_SPENDING, shares=_SHARES, seed=st.integers(0, 2**63), smallest=st.integers(1, 200))
def test_counts_are_exact_in_all_and_right_within_every_stratum(spending, shares, seed, smallest):
    # GIVEN any customers and any arms
    spend = np.array(spending, dtype=float)
    ids = [f"c{i}" for i in range(len(spend))]
    # WHEN
    numbers = strata(spend, spend[::-1], smallest)
    wanted = totals(len(spend), shares)
    arms = draw(ids, numbers, wanted, seed)
    # THEN totals are the shares', within one
    assert sum(wanted.values()) == len(spend)
    assert all(abs(count - len(spend) * shares[arm]) < 1 + 1e-6 for arm, count in wanted.items())
    # THEN they are met exactly
    assert np.bincount(arms, minlength=len(wanted)).tolist() == list(wanted.values())
    # THEN in every stratum each arm has its share, within the rounding of the arms before it
    for number in np.unique(numbers):
        inside = numbers == number
        for arm, count in enumerate(wanted.values()):
            expected = inside.sum() * count / len(spend)
            assert abs((arms[inside] == arm).sum() - expected) <= len(wanted)


@given(spending=_SPENDING, seed=st.integers(0, 2**63), data=st.data())
def test_the_order_of_the_customers_changes_nothing(spending, seed, data):
    # GIVEN customers in two orders
    spend = np.array(spending, dtype=float)
    order = np.array(data.draw(st.permutations(range(len(spend)))), dtype=int)
    ids = np.array([f"c{i}" for i in range(len(spend))], dtype=object)
    wanted = totals(len(spend), {HOLDOUT: 0.3, "a": 0.5, "b": 0.2})
    # WHEN both are drawn
    one = draw(ids.tolist(), strata(spend, spend, 10), wanted, seed)
    two = draw(ids[order].tolist(), strata(spend[order], spend[order], 10), wanted, seed)
    # THEN everybody has the same arm
    assert one[order].tolist() == two.tolist()


@given(
    rank=st.lists(st.one_of(st.just(float("nan")), st.just(0.5), st.floats(0, 1)), max_size=300),
    smallest=st.integers(1, 400),
)
def test_strata_are_few_large_and_part_no_equals(rank, smallest):
    # GIVEN any scores, some unknown
    values = np.array(rank, dtype=float)
    # WHEN
    numbers = strata(values, np.round(np.nan_to_num(values), 1), smallest)
    # THEN they count from 0 on, are bounded in number and large enough, or there is one
    sizes = np.bincount(numbers) if len(numbers) else np.zeros(0, dtype=int)
    assert (sizes > 0).all()
    assert len(sizes) <= (RANKS + 1) * SPENDS
    assert len(sizes) <= 1 or (sizes >= smallest).all()
    # THEN customers with the same score and spending are in one
    for value in set(rank) - {float("nan")}:
        assert len(set(numbers[values == value].tolist())) <= 1


def test_every_customer_is_held_out_as_often_as_the_share_says():
    # GIVEN a hundred customers in two strata of uneven size
    numbers = np.array([0] * 33 + [1] * 67)
    ids = [f"c{i}" for i in range(100)]
    wanted: dict[str, Any] = totals(100, {HOLDOUT: 0.1, "letter": 0.9})
    # WHEN they are drawn with many seeds
    held = np.mean([draw(ids, numbers, wanted, seed) == 0 for seed in range(3000)], axis=0)
    # THEN each is held out in a tenth of them, within five standard errors and the rounding of the stratum
    assert np.abs(held - 0.1).max() < 5 * math.sqrt(0.09 / 3000) + 0.01
