"""Texts are kept in arrays and found by value, whatever is in them."""

from hypothesis import given
from hypothesis import strategies as st

from training.recommendations import texts

# NUL ends a text of fixed width; no id or level of a shop holds one.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@given(st.lists(st.one_of(TEXT, st.none())))
def test_a_text_comes_back_and_what_is_none_is_empty(given_):
    # GIVEN texts, some of them missing
    # WHEN kept
    kept = texts.Texts.of(given_)
    # THEN each is as it was
    assert [kept[place] for place in range(len(given_))] == [text or "" for text in given_]


@given(st.sets(TEXT), st.lists(TEXT))
def test_a_text_is_found_where_it_is_and_nowhere_else(held, wanted):
    # GIVEN distinct texts in order
    ordered = sorted(held)
    # WHEN others are looked up among them, some longer than any
    found = texts.places(texts.fixed(ordered), [*wanted, *ordered, "x" * 300])
    # THEN each has its place or none
    expected = [ordered.index(text) if text in held else -1 for text in wanted]
    assert found.tolist() == [*expected, *range(len(ordered)), -1]
