"""Bodies' schemas as API Gateway takes them."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from jsonschema import Draft4Validator
from pydantic import BaseModel, ConfigDict, Field

from commerce.campaigns.campaign import NewCampaign
from infra.constructs.body_schema import body_schema


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: Annotated[float, Field(gt=0, lt=30)]
    kind: Literal["steel"] = "steel"


class Car(BaseModel):
    title: str
    wheels: Annotated[list[Wheel], Field(min_length=1)]
    spare: Wheel | None = None


class Box(BaseModel):
    inside: Box | None = None


def valid(schema, body):
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema).is_valid(body)


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ({"title": "Beetle", "wheels": [{"size": 15}]}, True),
        ({"title": "Beetle", "wheels": [{"size": 15}], "spare": {"size": 14, "kind": "steel"}}, True),
        ({"title": "Beetle", "wheels": [{"size": 15}], "spare": None}, True),
        ({"wheels": [{"size": 15}]}, False),
        ({"title": "Beetle", "wheels": []}, False),
        ({"title": "Beetle", "wheels": [{"size": 0}]}, False),
        ({"title": "Beetle", "wheels": [{"size": 30}]}, False),
        ({"title": "Beetle", "wheels": [{"size": 15, "kind": "wood"}]}, False),
        ({"title": "Beetle", "wheels": [{"size": 15, "colour": "red"}]}, False),
    ],
)
def test_a_nested_models_constraints_hold(body, accepted):
    # GIVEN a model with others in it, excluded bounds and a constant
    schema = body_schema(Car)
    # WHEN a body is held against it as draft 4
    # THEN the gateway says what pydantic says
    assert valid(schema, body) is accepted


def test_a_property_called_title_is_no_annotation():
    # GIVEN a model with such a property
    # WHEN its schema is written
    # THEN the property is there, annotations are not
    schema = body_schema(Car)
    assert schema["required"] == ["title", "wheels"] and "title" in schema["properties"]
    assert "title" not in schema


def test_a_model_that_nests_itself_is_refused():
    # GIVEN a box in a box
    # WHEN its schema is written out
    # THEN that is refused
    with pytest.raises(ValueError, match="Box nests Box in itself"):
        body_schema(Box)


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({}, True),
        ({"budget": {"amount": "250.00", "currency": "USD"}}, True),
        ({"budget": {"amount": 0, "currency": "USD"}}, False),
        ({"arms": []}, False),
        ({"arms": [{"name": "letter", "template_id": "win-back", "weight": 0}]}, False),
        ({"holdout": 0}, False),
        ({"as_of": "2017-11-01"}, True),
    ],
)
def test_a_campaign_is_checked_before_it_reaches_the_function(change, accepted):
    # GIVEN a campaign, right or with one mistake
    body = {
        "id": "win-back",
        "author": "Robin",
        "name": "Win-back",
        "audience": "true",
        "arms": [{"name": "letter", "template_id": "win-back"}],
    }
    # WHEN the gateway looks at it
    # THEN it refuses the mistake
    assert valid(body_schema(NewCampaign), body | change) is accepted
