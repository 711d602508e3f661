"""Attributes are found by name and value as the shop wrote them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recommendations.attributes import Attributes

PRODUCTS = [
    '{"market": ["AT", "DE"], "organic": true}',
    '{"market": "AT", "litres": 0.5, "note": null}',
    '{"market": "FR"}',
    "no JSON",
    "[1, 2]",
    None,
]
EVERY = np.arange(len(PRODUCTS))


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ({"market": ["AT"]}, [0, 1]),
        ({"market": ["DE", "FR"]}, [0, 2]),
        ({"market": ["AT"], "organic": ["true"]}, [0]),
        ({"litres": ["0.5"]}, [1]),
        ({"note": ["null"]}, []),
        ({"organic": ["AT"]}, []),
        ({}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_every_name_must_hold_one_of_its_values(wanted, places):
    # GIVEN products, some without readable attributes
    attributes = Attributes.of(PRODUCTS)
    # WHEN filtered
    # THEN those remain that have what is wanted
    assert np.flatnonzero(attributes.hold(EVERY, wanted)).tolist() == places


VALUES = st.sampled_from(["a", "b", "", "é", "1"])


@given(st.lists(st.dictionaries(VALUES, VALUES, max_size=3), max_size=8), VALUES, VALUES)
def test_a_filter_agrees_with_reading_the_json(products, name, value):
    # GIVEN any products
    attributes = Attributes.of([json.dumps(product) for product in products])
    # WHEN filtered by one value
    found = attributes.hold(np.arange(len(products)), {name: [value]})
    # THEN it is as the JSON says
    assert found.tolist() == [product.get(name) == value for product in products]
