"""The specs of the families: found by folder, complete, and consistent with the code that implements them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.counters import CustomerState
from commerce.families import discover, family
from commerce.families.churn import ChurnParameters, baseline
from commerce.family import Family
from commerce.questions import Known, Question, Route
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


SCORED = {name: spec for name, spec in discover().items() if spec.baseline}
ASKED = [(spec, kind) for spec in discover().values() if spec.route for kind in spec.route.kinds]


@pytest.mark.parametrize("spec", SCORED.values(), ids=SCORED)
def test_every_baseline_answers_without_any_state(spec):
    # GIVEN nobody we know
    # WHEN the baseline answers
    answer = spec.baseline(None, NOW, spec.parameters())
    # THEN it says that it is the baseline
    assert (answer.source, answer.version, answer.family) == ("baseline", None, spec.name)


@pytest.mark.parametrize(("spec", "kind"), ASKED, ids=lambda value: getattr(value, "name", value))
def test_every_question_has_an_example_that_the_plain_answer_takes_without_any_knowledge(spec, kind):
    # GIVEN the example that documents a question
    model = spec.route.kinds[kind]
    (example,) = model.model_json_schema()["examples"]
    # WHEN it is asked where nothing is known
    answer = spec.route.baseline(model.model_validate(example, strict=True), Known(), NOW, spec.parameters())
    # THEN the answer is the family's, says that it is the baseline, and shows positions from 1 on
    assert isinstance(answer, spec.answer)
    assert (answer.source, answer.version, answer.family) == ("baseline", None, spec.name)
    shown = spec.route.shows(answer.model_dump(mode="json")) if spec.route.shows else []
    assert [item.position for item in shown] == list(range(1, len(shown) + 1))


def test_questions_of_one_route_are_told_apart():
    # GIVEN two questions of the same name, and one without a name
    class Which(Question):
        question: Literal["which"]

    class Nameless(Question):
        question: str

    def route(*questions):
        return Route(summary="", questions=questions, baseline=lambda *_: None, profile=Which)

    # WHEN a route is made of them
    # THEN it is refused
    with pytest.raises(ValueError, match="two questions"):
        route(Which, Which)
    with pytest.raises(TypeError, match="Nameless"):
        route(Nameless)
    assert route(Which).kinds == {"which": Which}


@pytest.mark.parametrize("changes", [{"baseline": None}, {"route": ASKED[0][0].route}])
def test_a_family_answers_one_way(changes):
    # GIVEN a family of the score routes
    churn = dict(discover()["churn"])
    # WHEN it is to answer in no way, or in two
    # THEN that is refused
    with pytest.raises(ValidationError, match="needs a baseline for the score routes, or a route of its own"):
        Family(**churn | changes)


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
