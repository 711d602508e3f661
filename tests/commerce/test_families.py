"""The specs of the families: found by folder, complete, and consistent with the code that implements them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.counters import CustomerState
from commerce.families import discover, family
from commerce.families.churn import ChurnParameters, baseline
from commerce.tables import TABLES

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("spec", discover().values(), ids=discover())
def test_every_spec_has_its_folder_and_reads_declared_tables(spec):
    # GIVEN a spec
    # WHEN its tables are read with the shop's defaults
    reads = spec.reads(spec.parameters())
    # THEN they are declared, and training/<name>/ exists with its card
    assert set(reads) <= set(TABLES)
    assert (ROOT / "training" / spec.name / "README.md").is_file()


@pytest.mark.parametrize("spec", discover().values(), ids=discover())
def test_every_baseline_answers_without_any_state(spec):
    # GIVEN nobody we know
    # WHEN the baseline answers
    answer = spec.baseline(None, NOW, spec.parameters())
    # THEN it says that it is the baseline
    assert (answer.source, answer.version, answer.family) == ("baseline", None, spec.name)


def test_an_unknown_family_is_refused_with_those_there_are():
    # GIVEN a name that no spec has
    # WHEN it is asked for
    # THEN the error lists the others
    with pytest.raises(LookupError, match="churn"):
        family("astrology")


@given(st.integers(1, 200), st.floats(0, 2000), st.floats(0, 500), st.floats(0, 500))
def test_the_churn_baseline_grows_with_silence(orders, span, silence, more):
    # GIVEN a customer silent for a while, and the same one silent for longer
    last = NOW - timedelta(days=silence)
    state = CustomerState(orders, last - timedelta(days=span), last)
    # WHEN the baseline answers now and later
    now = baseline(state, NOW, ChurnParameters()).probability
    later = baseline(state, NOW + timedelta(days=more), ChurnParameters()).probability
    # THEN both are probabilities and the later is not smaller
    assert 0 <= now <= later <= 1
