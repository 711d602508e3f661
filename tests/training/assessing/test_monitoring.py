"""A family's report: what was decided, how right it was, what changed, and nothing of what nobody could know."""

import json
import random
from datetime import timedelta

import numpy as np
import pytest

from tests.training.assessing.tables import AS_OF, decision, label, payment, source
from training.registry import model_family

FAMILY = model_family("fraud")
FEATURES = FAMILY.assessment.features
DELAY = 7


def report(tables, as_of=AS_OF, **parameters):
    return FAMILY.monitored(tables, as_of, FAMILY.parameters({"label_delay_days": DELAY} | parameters))


def drawn(rows, seed=0, told=1.0, moved=0.0, version="1"):
    """Tables of decisions of the last 70 days, a share `told` of whose probability comes true; lately every feature
    lies higher by `moved`."""
    rng = np.random.default_rng(seed)
    days = rng.uniform(0.01, 70, rows)
    likely = rng.beta(0.4, 6, rows)
    fraud = rng.random(rows) < told * likely
    payments, labels, decisions = [], [], []
    for i in range(rows):
        event = f"p{i}"
        values = rng.normal(size=len(FEATURES)) + (moved if days[i] < 7 else 0.0)
        outcome = "block" if likely[i] > 0.6 else "review" if likely[i] > 0.2 else "approve"
        snapshot = dict(zip(FEATURES, values.round(4).tolist(), strict=True))
        payments.append(payment(event, days[i]))
        more = {"version": version, "features": snapshot, "decision_id": f"{rng.integers(2**60):x}"}
        decisions.append(decision(event, days[i], outcome, float(likely[i]), **more))
        if fraud[i] and outcome != "block" and days[i] > 5:
            labels.append(label(event, days[i] - 5, fraud=True))
    return {"payments": payments, "labels": labels, "decisions": decisions}


def test_decisions_are_judged_by_what_became_known():
    # GIVEN mature decisions of every kind
    events = {
        "let": ("approve", 0.1, None),
        "lost": ("approve", 0.2, True),
        "asked": ("review", 0.6, None),
        "caught": ("review", 0.7, True),
        "turned away": ("block", 0.9, False),
        "right": ("block", 0.95, True),
        "never told": ("block", 0.99, None),
    }
    tables = source(
        [payment(name, 20) for name in events],
        [label(name, 15, fraud=fraud) for name, (_, _, fraud) in events.items() if fraud is not None],
        [decision(name, 20, outcome, likely, version="3") for name, (outcome, likely, _) in events.items()],
    )
    # WHEN they are judged
    found = report(tables, reviews_per_day=2).performance
    # THEN what was blocked and never told of is left out, and the rest counts
    assert (found.decisions, found.unknown, found.unknown_amount) == (7, 1, 50.0)
    assert (found.frauds, found.stopped) == (3, 4)
    assert (found.precision, found.recall) == (2 / 4, 2 / 3)
    assert (found.at_capacity.precision.value, found.at_capacity.recall.value) == (1 / 2, 1 / 3)
    assert (found.observed_frauds, found.expected_frauds) == (3, pytest.approx(3.45))
    assert found.auc == pytest.approx(6 / 9)


def test_a_label_counts_from_when_it_is_known():
    # GIVEN a fraud that was let through and became known 5 days before
    tables = source([payment("p", 20)], [label("p", 5, fraud=True)], [decision("p", 20, "approve", 0.5)])
    # WHEN the report is of today, and of a day before that
    now, before = report(tables), report(tables, AS_OF - timedelta(days=6))
    # THEN only the first knows of it
    assert (now.performance.frauds, before.performance.frauds) == (1, 0)


def test_decisions_whose_labels_are_not_in_are_not_judged_but_counted():
    # GIVEN decisions of yesterday and of three weeks ago
    made = [decision("p1", 1.5, "block", 0.9, amount=70), decision("p2", 21, "review"), decision("p3", 20.5, "approve")]
    # WHEN they are reported
    found = report(source([payment("p1", 1.5), payment("p2", 21), payment("p3", 20.5)], [], made))
    # THEN yesterday's is a volume and no more, and days without any are there
    assert found.performance.decisions == 2
    assert [volume.decisions for volume in found.volumes] == [2, *[0] * 18, 1, 0]
    assert found.volumes[-1].day == AS_OF - timedelta(days=1)
    assert (found.volumes[-2].blocked, found.volumes[-2].amount_blocked) == (1, 70.0)
    assert (found.volumes[0].by_rules, found.volumes[0].reviewed) == (2, 1)


def test_of_a_decision_that_was_made_twice_the_last_counts():
    # GIVEN an event that was decided on twice, as the state could not be read
    made = [decision("p", 20.0, "approve"), decision("p", 19.9, "block", decision_id="d-again")]
    # WHEN it is judged
    found = report(source([payment("p", 20)], [label("p", 15, fraud=True)], made))
    # THEN it is one decision, and right
    assert (found.performance.decisions, found.performance.recall) == (1, 1.0)


@pytest.mark.parametrize("empty", [(), [decision("p", 0.5, "approve")]], ids=["nothing", "one of today"])
def test_without_mature_decisions_nothing_is_claimed(empty):
    # GIVEN no decision that could be judged
    # WHEN the report is made
    found = report(source([], [], empty))
    # THEN it says so, and finds nothing
    assert (found.performance, found.losses, found.drift, found.versions) == (None, None, None, [])
    assert (found.figures, found.findings) == ({}, [])
    assert json.loads(found.model_dump_json())["family"] == "fraud"


def test_without_a_fraud_what_cannot_be_told_is_null():
    # GIVEN decisions of one day, on good events alone
    made = [decision(f"p{i}", 20, "review", 0.1 * i) for i in range(5)]
    # WHEN they are judged
    found = report(source([payment(f"p{i}", 20) for i in range(5)], [], made)).performance
    # THEN there is a precision and no recall, no AUC, no interval
    assert (found.precision, found.recall, found.recall_by_amount, found.auc, found.ap) == (0.0, None, None, None, None)
    assert (found.at_capacity.recall, found.at_capacity.precision.interval) == (None, None)


def test_versions_are_judged_side_by_side_at_their_part_of_the_capacity():
    # GIVEN a champion with nine tenths of the events and a challenger that knows nothing
    rng = random.Random(1)
    payments, labels, made = [], [], []
    for i in range(2000):
        days, version = 9 + 26 * rng.random(), "2" if rng.random() < 0.1 else "1"
        fraud = rng.random() < 0.1
        likely = 0.1 if version == "2" else 0.9 if fraud else 0.02
        payments.append(payment(f"p{i}", days))
        made.append(decision(f"p{i}", days, "approve", likely + 0.001 * rng.random(), version=version))
        labels += [label(f"p{i}", days - 1, fraud=True)] if fraud else []
    # WHEN they are judged
    champion, challenger = report(source(payments, labels, made), reviews_per_day=10).versions
    # THEN each stands for itself, with a tenth of the reviews for a tenth of the events
    assert (champion.version, challenger.version) == ("1", "2")
    assert champion.auc == 1.0
    assert challenger.auc < 0.65
    assert champion.at_capacity.precision.value > 0.6 > challenger.at_capacity.precision.value
    assert challenger.at_capacity.chosen < 0.25 * champion.at_capacity.chosen


def test_what_came_later_changes_nothing():
    # GIVEN 1,500 decisions with labels, and a day in the past
    tables, day = drawn(1500), AS_OF - timedelta(days=20)
    # WHEN that day's report is made with all there is now, and with what there was
    early = {
        "payments": [row for row in tables["payments"] if row["occurred_at"].date() < day],
        "labels": [row for row in tables["labels"] if row["labelled_at"].date() < day],
        "decisions": [row for row in tables["decisions"] if row["decided_at"].date() < day],
    }
    # THEN both say the same
    assert report(source(**tables), day) == report(source(**early), day)


def test_a_model_that_keeps_its_promise_has_no_findings():
    # GIVEN decisions whose probabilities come true, on events as ever
    # WHEN they are reported
    found = report(source(**drawn(1500)), reviews_per_day=5)
    # THEN nothing is found, and promise and outcome are about the same
    assert found.findings == []
    at = found.performance.at_capacity
    assert at.precision.interval.low <= at.promised_precision
    assert found.drift.major == 0
    assert found.drift.score.level == "none"


def test_a_model_that_no_longer_finds_fraud_is_told_of():
    # GIVEN probabilities of which next to nothing comes true
    # WHEN they are reported
    found = report(source(**drawn(1500, told=0.1)), reviews_per_day=5)
    # THEN precision at the capacity has fallen below half of what was promised, and learning anew is advised
    assert "precision" in {finding.kind for finding in found.findings}
    assert found.reasons
    # AND good customers cost more than the frauds that were stopped
    assert "cost" in {finding.kind for finding in found.findings}
    assert found.losses.false_positive_cost > found.losses.averted


def test_a_change_of_the_features_is_told_in_words():
    # GIVEN features that all lie higher in the last week
    # WHEN they are reported
    found = report(source(**drawn(1500, moved=1.5)))
    # THEN it is a drift of all of them, the score's distribution being as before
    assert (found.drift.major, found.drift.compared) == (len(FEATURES), len(FEATURES))
    assert [finding.kind for finding in found.findings] == ["drift"]
    assert found.drift.score.level == "none"
    shift = found.drift.features[0]
    assert (shift.psi, shift.level) == (max(each.psi for each in found.drift.features), "major")
    assert shift.before != shift.now
    assert "{" not in shift.before + shift.now


def test_in_the_first_weeks_decisions_are_compared_with_the_events_before_them():
    # GIVEN payments of four months, of which those of the last week alone were decided on, as the batch form has them
    rng = np.random.default_rng(3)
    days = np.sort(rng.uniform(0.01, 120, 2400))[::-1]
    payments = [payment(f"p{i}", day) | {"customer_id": f"c{i % 40}"} for i, day in enumerate(days)]
    recent = [f"p{i}" for i, day in enumerate(days) if day < 7]
    rows = FAMILY.features(source(payments), AS_OF, FAMILY.parameters({"holdout_days": 7})).to_pandas()
    snapshots = rows.set_index("entity_id")[list(FEATURES)].astype(object)
    snapshots = snapshots.where(snapshots.notna(), None)
    made = [
        decision(name, float(days[int(name[1:])]), "approve", 0.1, features=snapshots.loc[name].to_dict())
        for name in recent
    ]
    # WHEN they are reported
    found = report(source(payments, (), made))
    # THEN the reference is events, of which no score is known, and no finding is made of them
    assert (found.drift.reference_of, found.drift.score) == ("events", None)
    assert found.drift.reference > found.drift.recent > 100
    assert (found.drift.compared, found.findings) == (len(FEATURES), [])


def test_in_the_first_weeks_a_change_is_told_as_later():
    # GIVEN payments of two months, of which those of the last week alone were decided on, on values that nobody had
    days = [0.05 * number for number in range(1, 1200)]
    payments = [payment(f"p{i}", day) for i, day in enumerate(days)]
    strange = dict.fromkeys(FEATURES, 1.0e6)
    made = [decision(f"p{i}", day, "approve", 0.1, features=strange) for i, day in enumerate(days) if day < 7]
    # WHEN they are reported
    found = report(source(payments, (), made))
    # THEN it is a drift of all of them
    assert found.drift.major == len(FEATURES)
    assert [finding.kind for finding in found.findings] == ["drift"]
