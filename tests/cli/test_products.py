"""The verbs of families of products, such as `shopkeeper forecasts`, against a server that answers as the API does."""

import json

import pytest

from commerce.families import discover
from commerce.scores import ProductAnswer

FAMILIES = {name: spec for name, spec in discover().items() if spec.collection}


@pytest.fixture(params=FAMILIES.values(), ids=list(FAMILIES))
def family(request):
    return request.param


def says(api, family, product="p-1", **changes):
    """The API answers with the spec's own example."""
    example = family.answer.model_json_schema()["examples"][0] | changes
    answer = family.answer.model_validate(example).model_dump(mode="json")
    found = ProductAnswer(product_id=product, generated_at="2026-03-02T09:30:00Z", answer=answer)
    api.says(f"GET /v1/{family.collection}/{product}", found)
    return found


def test_the_answer_is_the_familys_rows_with_reasons_and_source(api, run, family):
    # GIVEN an API that answers of two products, one by the model and one by the baseline
    found = says(api, family)
    says(api, family, "p-2", source="baseline", version=None)
    # WHEN both are asked for
    shown = run(family.collection, "p-1", "p-2")
    # THEN each has its rows, why, and who answered
    assert shown.exit_code == 0, shown.output
    row = family.answer.model_validate(found.answer).rows()[0]
    words = {word for name, value in row.items() if value is not None for word in name.split("_")}
    assert all(word in shown.output for word in words)
    assert found.answer["reasons"][0]["text"] in shown.output
    assert f"from model {found.answer['version']}, as of 2026-03-02" in shown.output
    assert "from baseline, as of 2026-03-02" in shown.output
    lines = shown.output.splitlines()
    assert lines.index("p-1") < lines.index("p-2")


def test_a_product_named_twice_is_asked_for_once_and_its_id_is_escaped(api, run, family):
    # GIVEN a product whose id has to be escaped
    says(api, family, "tea%2F1")
    # WHEN it is named twice
    shown = run(family.collection, "tea/1", "tea/1")
    # THEN there is one request
    assert shown.exit_code == 0, shown.output
    assert [asked.route for asked in api.asked] == [f"GET /v1/{family.collection}/tea%2F1"]


def test_the_answers_can_be_had_as_json(api, run, family):
    # GIVEN an answer
    found = says(api, family)
    # WHEN it is asked for as JSON
    printed = json.loads(run(family.collection, "p-1", "--json").output)
    # THEN it is the API's, in a list
    assert [ProductAnswer.model_validate(each) for each in printed] == [found]


def test_the_help_tells_the_familys_question(run, family):
    # GIVEN the verb
    # WHEN its help is asked for
    words = " ".join(run(family.collection, "--help").output.replace("│", " ").split())
    # THEN it says what is answered
    assert family.question in words
    assert "--json" in words


def test_an_empty_id_and_none_are_wrong_usage(api, run, family):
    # GIVEN no product, or an empty one
    # WHEN the verb is called
    refused = [run(family.collection), run(family.collection, "")]
    # THEN the exit code says so, and the API was not asked
    assert [each.exit_code for each in refused] == [2, 2]
    assert "the id of a product is empty" in refused[1].stderr
    assert api.asked == []
