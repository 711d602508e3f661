"""Which version a customer sees."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from commerce.release import Release, arm


def release(**changes):
    fields = {
        "family": "churn",
        "champion": "1",
        "challenger": "2",
        "share": 0.3,
        "since": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Release(**fields | changes)


@given(st.text(min_size=1, max_size=40))
def test_without_a_challenger_everyone_sees_the_champion(entity):
    # GIVEN a release of one version
    only = release(challenger=None)
    # WHEN anyone asks
    version = arm(only, entity)
    # THEN it is the champion
    assert version == "1"


@given(st.text(min_size=1, max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_raising_the_share_never_moves_a_customer_back(entity, a, b):
    # GIVEN two shares of the same challenger
    low, high = sorted((a, b))
    # WHEN a customer is in the challenger's arm at the lower one
    early = arm(release(share=low), entity)
    # THEN also at the higher one
    assert early == "1" or arm(release(share=high), entity) == "2"


def test_the_share_is_kept_over_many_customers():
    # GIVEN 20,000 customers
    customers = [str(i) for i in range(20_000)]
    # WHEN 30 % are to see the challenger
    seen = sum(arm(release(), c) == "2" for c in customers) / len(customers)
    # THEN 30 % do, within five standard errors
    assert abs(seen - 0.3) < 5 * (0.3 * 0.7 / 20_000) ** 0.5


def test_the_arm_is_the_same_in_every_process():
    # GIVEN a fixed release and customers
    # WHEN their arms are asked
    arms = "".join(str(arm(release(), f"customer-{i}")) for i in range(12))
    # THEN they are these, whatever the process's hash seed
    assert arms == "211221121211"
