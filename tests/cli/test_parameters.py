"""NAME=VALUE on the command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.retrain import read_parameters


def test_values_are_json_where_they_are_and_text_where_not():
    # GIVEN numbers, booleans and words
    pairs = ["horizon_days=60", "flag=true", "target=contract", "x=a=b"]
    # WHEN they are read
    parameters = read_parameters(pairs)
    # THEN each has its type
    assert parameters == {"horizon_days": 60, "flag": True, "target": "contract", "x": "a=b"}


@given(st.text(max_size=20).filter(lambda text: "=" not in text))
def test_a_pair_without_equals_sign_is_refused(text):
    # GIVEN text that is no pair
    # WHEN it is read
    # THEN the error repeats the form that is wanted
    with pytest.raises(ValueError, match="NAME=VALUE"):
        read_parameters([text])
