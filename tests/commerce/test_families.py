"""The specs of the families: found by folder, complete, and consistent with the code that implements them."""

from datetime import UTC, date, datetime, timedelta
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
from commerce.sales import EPOCH, ERA, ProductState
from commerce.tables import TABLES
from commerce.verbs import UnanswerableError

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
OF_PRODUCTS = {name: spec for name, spec in discover().items() if spec.entity == "product"}
ASKED = [(spec, kind) for spec in discover().values() if spec.route for kind in spec.route.kinds]


@pytest.mark.parametrize("spec", SCORED.values(), ids=SCORED)
def test_every_baseline_answers_without_any_state(spec):
    # GIVEN nobody we know
    # WHEN the baseline answers
    answer = spec.plain(None, NOW, spec.parameters())
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


@pytest.mark.parametrize("spec", OF_PRODUCTS.values(), ids=OF_PRODUCTS)
def test_an_answer_about_products_has_an_example_and_is_shown_in_rows(spec):
    # GIVEN the example that documents what a family says of a product
    (example,) = spec.answer.model_json_schema()["examples"]
    # WHEN it, and the plain answer of a product that was sold, are read and shown
    answers = [
        spec.answer.model_validate(example),
        spec.plain(ProductState({(NOW - EPOCH) // ERA: 1000.0}), NOW, spec.parameters()),
    ]
    # THEN both are the family's, and of plain cells
    assert [(answer.family, answer.source) for answer in answers] == [(spec.name, "model"), (spec.name, "baseline")]
    cells = [cell for answer in answers for row in answer.rows() for cell in row.values()]
    assert cells and all(isinstance(cell, str | int | float | date | None) for cell in cells)


def test_no_two_families_are_read_in_one_collection():
    # GIVEN the families of products
    # WHEN their collections are listed
    collections = [spec.collection for spec in OF_PRODUCTS.values()]
    # THEN each has its own, which is not another family's name either
    assert len(set(collections)) == len(collections)
    assert all(spec.collection not in set(discover()) - {spec.name} for spec in OF_PRODUCTS.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"entity": "customer"},
        {"collection": None},
        {"collection": "fore/casts"},
        {"collection": "Forecasts"},
    ],
)
def test_products_alone_are_read_in_a_collection_which_is_a_word_of_a_path(changes):
    # GIVEN a family of products
    spec = dict(next(iter(OF_PRODUCTS.values())))
    # WHEN it is to be of customers, to have no collection, or one that is no word of a path
    # THEN that is refused
    with pytest.raises(ValidationError, match="collection"):
        Family(**spec | changes)


@pytest.mark.parametrize("spec", [spec for spec in discover().values() if spec.verbs], ids=lambda spec: spec.name)
def test_verbs_are_asked_of_products_and_answer_what_the_baseline_says(spec):
    # GIVEN a family with verbs
    plain = spec.plain(None, NOW, spec.parameters())
    for verb in spec.verbs:
        (example,) = verb.question.model_json_schema()["examples"]
        # WHEN its example cannot be told from a product that nothing is known of
        # THEN the verb says so, and a family without a collection may not have it
        with pytest.raises(UnanswerableError):
            verb.respond(verb.question.model_validate(example), plain)
    with pytest.raises(ValidationError, match="verbs"):
        Family(**dict(family("churn")) | {"verbs": spec.verbs})


def test_a_score_is_shown_in_one_row_of_its_own_plain_fields():
    # GIVEN a score of a customer
    score = baseline(None, NOW, ChurnParameters())
    # WHEN its rows are asked for
    # THEN it is one, of what is the family's own
    assert score.rows() == [{"probability": 0.5, "horizon_days": 90}]


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


ASSESSED = next(spec for spec in discover().values() if spec.assessment)


@pytest.mark.parametrize(
    "changes", [{"baseline": None}, {"route": ASKED[0][0].route}, {"assessment": ASSESSED.assessment}]
)
def test_a_family_answers_one_way(changes):
    # GIVEN a family of the score routes
    churn = dict(discover()["churn"])
    # WHEN it is to answer in no way, or in two
    # THEN that is refused
    with pytest.raises(ValidationError, match="needs a baseline, a route of its own or an assessment"):
        Family(**churn | changes)


@pytest.mark.parametrize("changes", [{"entity": "customer"}, {"mode": "table"}])
def test_what_is_assessed_are_events_by_a_function(changes):
    # GIVEN a family that decides on events
    # WHEN it is to be of customers, or to answer from a table
    # THEN that is refused
    with pytest.raises(ValidationError, match="what is assessed"):
        Family(**dict(ASSESSED) | changes)


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
