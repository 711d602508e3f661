"""What the families that decide have of their own to learn with."""

import json

import pytest

from tests.functions.assessing import portable
from tests.training.assessing.tables import AS_OF, decision, payment, source
from training.assessing.model import AssessingModel
from training.frames import labelled
from training.registry import model_family


@pytest.mark.parametrize(("frauds", "gain"), [(30, 1.0), (300, 2.0), (600, 4.0), (100_000, 4.0)])
def test_the_more_frauds_are_known_the_more_a_split_of_payments_has_to_gain(frauds, gain):
    # GIVEN so many frauds to learn from
    # WHEN the settings are asked for
    found = model_family("fraud").trees(frauds)
    # THEN a split has to gain in proportion, within bounds
    assert found["min_gain_to_split"] == gain


def snapshot(**said):
    """A decision's inputs, with what rules were told of the customer."""
    return {"features": {"card_count_10m": 0.0} | {f"account.{name}": value for name, value in said.items()}}


def test_rules_are_tried_with_what_they_were_told_of_the_customer_at_the_time():
    # GIVEN four payments: one decided on twice, one before the account was known, one too late, one by nobody
    family, parameters = model_family("fraud"), model_family("fraud").parameters({})
    held = source(
        payments=[payment(name, days) for name, days in (("twice", 5), ("new", 4), ("late", 3), ("alone", 2))],
        decisions=[
            decision("twice", 5, "approve", **snapshot(accounts=4.0, multi_account=1.0, probability=1e-05)),
            decision("twice", 4.9, "block", decision_id="again", **snapshot(accounts=9.0)),
            decision("new", 4, "approve", **snapshot()),
            decision("late", -1, "approve", **snapshot(accounts=7.0)),
        ],
    )
    # WHEN they are held out, and written as the history that rules are tried on
    rows = labelled(family, held, AS_OF, parameters)
    fitted = AssessingModel(family.spec, portable(), parameters)
    lines = [json.loads(line) for line in family.history(fitted, rows)]
    # THEN each has what its first decision was told before the day, and nothing else
    assert [line["values"].get("account") for line in lines] == [
        {"accounts": 4.0, "multi_account": 1.0, "probability": 1e-05}, None, None, None
    ]  # fmt: skip
