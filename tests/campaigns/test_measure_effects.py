"""Effects as they are told: levels, several letters, relative lift, verdicts, what could be shown, sample ratio."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.measure import detectable
from campaigns.measure.effects import ALL, Customers, judged, measure, relative_interval
from campaigns.measure.estimate import estimate
from campaigns.measure.power import needed
from campaigns.measure.ratio import sample_ratio
from campaigns.measure.verdict import verdict
from commerce.campaigns.result import Effect

START = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = (START, START + timedelta(days=14))


def customers(n: int = 900, arms: tuple[str, ...] = ("a", "b"), seed: int = 0) -> tuple[Customers, np.ndarray]:
    """Customers of several arms, a third of them held out, and revenue at two looks."""
    rng = np.random.default_rng(seed)
    arm = np.array(["holdout", *arms], dtype=object)[np.arange(n) % (len(arms) + 1)]
    habit = rng.gamma(1.0, 50.0, n)
    revenue = (habit[:, None] + rng.gamma(1.0, 30.0, (n, 2))).cumsum(axis=1)
    return Customers(arm, (habit > 50).astype(int), habit[:, None]), revenue


def effect(**more) -> Effect:
    """An effect on conversion of +2 points on 20 %, shown."""
    values = {
        "arm": ALL, "metric": "conversion", "treated": 9000, "held_out": 1000, "treated_mean": 0.22,
        "holdout_mean": 0.2, "difference": 0.02, "low": 0.01, "high": 0.03, "p_value": 0.0001, "relative": 0.1,
        "relative_low": 0.05, "relative_high": 0.16, "total": 180.0, "unadjusted": 0.02, "variance_ratio": 0.6,
        "significant": True,
    }  # fmt: skip
    return Effect.model_validate(values | more)


def told(found: Effect | None, **more) -> str:
    values = {"trusted": True, "needed": 11_850, "currency": "EUR", "window": WINDOW, "at": WINDOW[1]}
    return verdict(found, **(values | more))


def test_all_letters_come_first_and_each_letter_is_held_to_a_stricter_level():
    # GIVEN two letters
    who, revenue = customers()
    # WHEN the effects are measured at one look
    found = measure(who, {"revenue": revenue[:, :1]}, np.ones(1))
    # THEN all letters together have 95 %, each of the two 97.5 %
    assert [m.arm for m in found] == [ALL, "a", "b"]
    assert [m.level[0] for m in found] == pytest.approx([0.95, 0.975, 0.975])


def test_one_letter_is_all_letters():
    # GIVEN one letter
    who, revenue = customers(arms=("a",))
    # WHEN the effects are measured
    # THEN it is told once
    assert [m.arm for m in measure(who, {"revenue": revenue}, np.array([0.5, 1.0]))] == [ALL]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.floats(0.01, 0.2), st.floats(0.01, 0.2))
def test_a_stricter_level_is_a_wider_interval(seed, one, other):
    # GIVEN an estimate and two error rates
    who, revenue = customers(seed=seed)
    found = estimate(revenue, who.arm != "holdout", who.stratum, who.covariates)
    assert found is not None
    strict, lax = sorted((one, other))
    # WHEN it is judged at both
    wide, narrow = (judged(ALL, "revenue", found, np.array([0.5, 1.0]), alpha) for alpha in (strict, lax))
    # THEN the stricter one's intervals hold the other's, and an effect is shown where p is below 1 − level
    for look in range(2):
        assert wide.interval(look)[0] <= narrow.interval(look)[0]
        assert wide.interval(look)[1] >= narrow.interval(look)[1]
        low, high = narrow.interval(look)
        assert (narrow.p_value(look) < 1 - narrow.level[look]) == (not low <= 0 <= high)


def test_history_holds_every_look_the_newest_last():
    # GIVEN two looks
    who, revenue = customers()
    measured = measure(who, {"revenue": revenue}, np.array([0.5, 1.0]))[0]
    # WHEN its history is told
    points = measured.history([START + timedelta(days=7), WINDOW[1]])
    # THEN the last point is the effect itself, and the first has the wider level
    newest = measured.effect()
    assert [p.number for p in points] == [1, 2]
    assert (points[-1].low, points[-1].high, points[-1].level) == (newest.low, newest.high, newest.level)
    assert points[0].level > points[1].level > 0.95


@pytest.mark.parametrize("done", [0.0, 1.0])
def test_customers_who_all_did_the_same_show_no_effect(done):
    # GIVEN customers who all did the same
    who, revenue = customers()
    # WHEN the effects are measured
    found = measure(who, {"conversion": np.full_like(revenue, done)}, np.array([0.5, 1.0]))[0].effect()
    # THEN nothing is shown, and the verdict says why
    assert (found.significant, found.p_value, found.difference) == (False, 1.0, pytest.approx(0.0, abs=1e-12))
    assert told(found) == "no effect shown; all customers of a group have done the same"


@settings(max_examples=200)
@given(st.floats(-50, 50), st.floats(0.1, 100), st.floats(0.01, 30), st.floats(0.0, 1.0))
def test_a_relative_interval_leaves_out_nothing_where_the_difference_does(difference, base, error, part):
    # GIVEN a difference with its error, of which the holdout's is a part
    found = relative_interval(difference, base, error, error * part, 1.96)
    if found is None or abs(abs(difference) - 1.96 * error) < 1e-6:
        return
    # WHEN both intervals are compared
    low, high = found
    # THEN they say the same of no effect, and the relative one holds the ratio
    assert (not low <= 0 <= high) == (abs(difference) > 1.96 * error)
    assert low <= difference / base <= high


def test_a_base_that_may_be_nothing_has_no_relative_interval():
    # GIVEN a holdout's mean within its own noise, or none at all
    # WHEN the relative interval is asked for
    # THEN there is none
    assert relative_interval(1.0, 1.0, 2.0, 1.0, 1.96) is None
    assert relative_interval(1.0, 0.0, 2.0, 0.0, 1.96) is None


@pytest.mark.parametrize(
    ("found", "more", "sentence"),
    [
        (effect(), {}, "the letters brought 10.0 % more customers to order (5.0 % to 16.0 %), about 180 customers"),
        (
            effect(metric="revenue", total=12_345.6),
            {},
            "the letters brought 10.0 % more revenue (5.0 % to 16.0 %), about 12,346 EUR",
        ),
        (
            effect(difference=-0.02, relative=-0.1, relative_low=-0.16, relative_high=-0.05, total=-180),
            {},
            "the letters brought 10.0 % fewer customers to order (5.0 % to 16.0 %), about 180 customers",
        ),
        (
            effect(relative=None, relative_low=None, relative_high=None),
            {},
            "the letters brought 2.00 % more customers to order (1.00 % to 3.00 % per customer written to), "
            "about 180 customers",
        ),
        (
            effect(significant=False, relative_low=-0.02),
            {},
            "no effect shown (−2.0 % to +16.0 %); 12,000 more customers needed to see +1 %",
        ),
        (
            effect(significant=False, relative_low=-0.002, relative_high=0.003),
            {"needed": 0},
            "no effect shown (−0.2 % to +0.3 %); there were customers enough to see +1 %",
        ),
        (
            effect(significant=False, relative_low=-0.02),
            {"at": START + timedelta(days=7)},
            "no effect shown after 7 of 14 days (−2.0 % to +16.0 %); looks go on",
        ),
        (
            effect(),
            {"at": START + timedelta(days=3.5)},
            "after 3.5 of 14 days the letters brought 10.0 % more customers to order (5.0 % to 16.0 %), "
            "about 180 customers",
        ),
        (
            effect(),
            {"trusted": False},
            "nothing can be said: the arms lost customers unequally, so that they no longer compare",
        ),
        (None, {}, "nothing can be said: too few customers have a letter or are held out"),
    ],
)
def test_the_verdict_is_one_plain_sentence(found, more, sentence):
    # GIVEN an effect, or none
    # WHEN it is told
    # THEN it says what a marketer needs, in one sentence
    assert told(found, **more) == sentence


def test_what_can_be_shown_is_the_textbook_formula_on_what_the_past_leaves_unexplained():
    # GIVEN 1,000 customers whose spending in one window says nothing of the other
    rng = np.random.default_rng(0)
    last, earlier = rng.normal(100, 20, 1000), rng.normal(100, 20, 1000)
    # WHEN the smallest effect is asked for with 200 held out
    found = detectable(last, earlier, holdout=0.2, metric="revenue")
    # THEN it is (1.96 + 0.84) × 20 × √(1 / 200 + 1 / 800)
    assert found is not None
    assert found.absolute == pytest.approx(2.8016 * 20 * (1 / 200 + 1 / 800) ** 0.5, rel=0.05)
    assert found.relative == pytest.approx(found.absolute / last.mean())


def test_what_the_past_explains_makes_smaller_effects_visible():
    # GIVEN customers whose windows are alike
    habit = np.random.default_rng(0).gamma(1.0, 50.0, 1000)
    last = habit + np.random.default_rng(1).normal(0, 10, 1000)
    # WHEN it is asked for with their earlier spending and with one that says nothing
    with_it = detectable(last, habit, holdout=0.1, metric="revenue")
    without = detectable(last, np.zeros(1000), holdout=0.1, metric="revenue")
    # THEN a fifth of the effect is enough
    assert with_it is not None
    assert without is not None
    assert with_it.absolute < 0.25 * without.absolute


def test_an_audience_that_was_quiet_lately_is_judged_by_the_window_before():
    # GIVEN customers of whom nobody ordered in the last window, which is why they are written to
    earlier = np.random.default_rng(0).gamma(1.0, 50.0, 1000)
    # WHEN the smallest effect is asked for
    found = detectable(np.zeros(1000), earlier, holdout=0.1, metric="revenue")
    # THEN it is not nothing, and there is no base to compare it with
    assert found is not None
    assert found.absolute > 5
    assert found.relative is None


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_customers_tell_nothing_of_what_can_be_shown(n):
    # GIVEN hardly anybody
    # WHEN the smallest effect is asked for
    # THEN there is no answer
    assert detectable(np.arange(n), np.arange(n), holdout=0.1, metric="conversion") is None


def test_needed_customers_fall_with_the_noise():
    # GIVEN 1,000 customers with an error of 5 % of the base
    # WHEN the customers needed for 1 % are counted
    # THEN they are (2.8 × 5)² times as many, less those who are there
    assert needed(0.05, 1.0, 1000) == pytest.approx(1000 * ((2.8016 * 5) ** 2 - 1), rel=1e-3)
    assert needed(0.001, 1.0, 1000) == 0
    assert needed(0.05, 0.0, 1000) is None


@pytest.mark.parametrize(
    ("analysed", "ok"),
    [
        ({"holdout": 1000, "a": 9000}, True),
        ({"holdout": 999, "a": 9000}, True),
        ({"holdout": 990, "a": 8910}, True),
        ({"holdout": 900, "a": 9000}, False),
        ({"holdout": 990, "a": 9000}, False),
        ({"holdout": 1000, "a": 9001}, False),
        ({"a": 9000}, False),
    ],
)
def test_a_sample_ratio_is_flagged_where_arms_lost_unequally(analysed, ok):
    # GIVEN what was allocated, and who is left
    found = sample_ratio({"holdout": 1000, "a": 9000}, analysed)
    # WHEN it is tested
    # THEN equal losses are in order, unequal ones and customers from nowhere are not
    assert found.ok is ok
    assert sum(found.expected.values()) == pytest.approx(sum(analysed.values()))


def test_an_empty_campaign_has_a_sample_ratio():
    # GIVEN nobody
    # WHEN the ratio is asked for
    # THEN there is nothing to object to
    assert sample_ratio({}, {}).ok
    assert sample_ratio({"holdout": 1, "a": 1}, {}).ok
