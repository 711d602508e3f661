"""The starter templates: right as they are, for whomever they are sent to."""

import re

import pytest

from functions.letters.check import check
from functions.letters.render import LetterTemplate
from tests.functions.letters.writing import FOOTER, LINK, STARTERS, Skeleton, new, of_a_stranger, starters, values

NAMES = ("new-arrivals", "replenishment", "thank-you", "win-back")
CUSTOMERS = {
    "known": values(),
    "stranger": of_a_stranger(),
    "without an offer": values(offer=None),
    "without scores": values(scores={}),
    "without a name": values(traits={}),
    "without a code": values(code=None, expires_on=None),
    "without recommendations": values(recommendations=()),
    "with recommendations without a reason": values(recommendations=[{"name": "Apron"}]),
}


def test_there_are_the_four_of_the_index():
    # GIVEN the index
    # WHEN it is read
    # THEN it has the four starters
    assert tuple(sorted(starters())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_passes_its_check_without_a_warning(name):
    # GIVEN a starter
    subject, mjml = starters()[name]
    # WHEN it is checked as it would be when saved
    # THEN there is nothing to say, and it is far from being cut off
    checked = check(new(mjml=mjml, subject=subject))
    assert checked.problems == []
    assert len(checked.html.encode()) < 40_000


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_starter_is_a_whole_letter_for_everybody(name, customer):
    # GIVEN a starter, and a customer of whom this much is known
    subject, mjml = starters()[name]
    known = CUSTOMERS[customer]
    # WHEN it is rendered
    letter = LetterTemplate.of(subject, check(new(mjml=mjml, subject=subject)).html).render(known)
    # THEN there are no gaps, no empty links, and what the law asks for is there in both parts
    assert "{{" not in letter.html + letter.text
    assert not [line for line in letter.text.splitlines() if line.endswith((" ,", " .", "code:", "until"))]
    assert all(address.startswith("https://") for address in Skeleton(letter.html).addresses)
    for part in (letter.html, letter.text):
        assert LINK in part
        assert known["shop"]["postal_address"] in part
    # AND the offer is there where there is one, and only there
    assert ("10 % off" in letter.text) == ("offer" in known)
    assert ("7KQ2M9XD44TB" in letter.text) == ("code" in known.get("offer", {}))


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_is_made_for_dark_mode_phones_and_screen_readers(name):
    # GIVEN a starter
    subject, mjml = starters()[name]
    # WHEN it is compiled
    html = check(new(mjml=mjml, subject=subject)).html
    # THEN it says that it has a dark form, has one, has one for phones, a language, one heading, and one button
    assert '<meta name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media only screen and (max-width: 479px)" in html
    assert '<html lang="en"' in html
    assert (html.count("<h1"), mjml.count("<mj-button")) == (1, 1)


def test_the_block_of_the_readme_is_right_as_it_is():
    # GIVEN the block for recommendations that authors are told to copy
    [block] = re.findall(r"```\n([^`]*Picked for you[^`]*)```", (STARTERS.parent / "README.md").read_text("utf-8"))
    # WHEN a template with it is checked, and rendered for somebody with recommendations and for somebody without
    footer = f"<mj-section><mj-column>{FOOTER}</mj-column></mj-section>"
    checked = check(new(mjml=f"<mjml><mj-body>{block}{footer}</mj-body></mjml>"))
    template = LetterTemplate.of("Hello", checked.html)
    # THEN there is nothing to say, products are linked, and nothing is left of it where there are none
    assert checked.problems == []
    assert "Bowl <https://shop.example/products/p-2>" in template.render(values()).text
    assert "Picked for you" not in template.render(of_a_stranger()).text
