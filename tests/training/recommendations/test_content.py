"""Products are alike by what they are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.recommendations.content import Content, Described, similar

MUG = Described("Blue mug, stoneware", {"category": "mugs", "brand": "Acme"})
CUP = Described("Green mug of stoneware", {"category": "mugs", "brand": "Acme"})
LAMP = Described("Desk lamp", {"category": "lamps", "brand": "Acme"})
ROPE = Described("Climbing rope 60 m", {"category": "sport", "brand": "Zenith"})
CATALOGUE = [MUG, CUP, LAMP, ROPE]


def names(content, product, k=4):
    order, _ = similar(content.vectors(CATALOGUE), content.vectors([product]), k)
    return order.tolist()


def test_the_same_kind_comes_first_and_what_shares_nothing_not_at_all():
    # GIVEN a catalogue
    content = Content().fit(CATALOGUE)
    # WHEN products like the mug are looked for
    # THEN the mug itself, the other mug, then the lamp of the same brand; the rope has nothing in common
    assert names(content, MUG) == [0, 1, 2]


def test_a_product_that_is_new_has_neighbours():
    # GIVEN a product that was not in the catalogue, with a word that nobody has seen
    content = Content().fit(CATALOGUE)
    # WHEN it is looked up
    # THEN
    assert names(content, Described("Stoneware teacup", {"category": "mugs"}))[:2] == [0, 1]


def test_a_product_of_which_nothing_is_known_is_like_none():
    # GIVEN nothing known
    content = Content().fit(CATALOGUE)
    # WHEN
    # THEN
    assert names(content, Described(" ", {"brand": " "})) == []


def test_accents_case_and_marks_do_not_matter():
    # GIVEN the same words written in two ways
    content = Content().fit(CATALOGUE)
    # WHEN they become vectors
    one, two = (content.vectors([Described(text)]) for text in ("Crème-brûlée SET", "creme brulee set"))
    # THEN they are the same
    assert (one != two).nnz == 0


def test_a_brand_is_not_a_word():
    # GIVEN a brand that is called as a colour
    content = Content().fit(CATALOGUE)
    # WHEN it is compared with the colour
    one, two = content.vectors([Described("red")]), content.vectors([Described("", {"brand": "red"})])
    # THEN they have nothing in common
    assert (one @ two.T).nnz == 0


def test_saved_weights_give_the_same_vectors(tmp_path):
    # GIVEN weights that were saved
    content = Content(64).fit(CATALOGUE)
    content.save(tmp_path / "content.npy")
    # WHEN they are loaded
    loaded = Content.load(tmp_path / "content.npy")
    # THEN
    assert (loaded.vectors(CATALOGUE) != content.vectors(CATALOGUE)).nnz == 0


@given(st.lists(st.builds(Described, st.text(max_size=50), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))))
def test_any_product_has_a_vector_of_length_one_or_none(products):
    # GIVEN any catalogue
    # WHEN its products become vectors
    vectors = Content(256).fit(products).vectors(products) if products else None
    # THEN each is of length 1, or empty
    if vectors is not None:
        lengths = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
        assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))
