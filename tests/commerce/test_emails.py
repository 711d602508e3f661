"""Domains of e-mail addresses: one spelling each, and a warning where scripts are mixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.emails import domain, mixed_scripts

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
DOMAIN = st.lists(LABEL, min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("kim@mail.example", "mail.example"),
        ("mail.example", "mail.example"),
        (" KIM@MAIL.EXAMPLE ", "mail.example"),
        ("mail.example.", "mail.example"),
        ('"kim@home"@mail.example', "mail.example"),
        ("kim@bücher.example", "xn--bcher-kva.example"),
        ("kim@XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("kim@ma\u00adil.example", "mail.example"),
        ("kim@mail\u3002example", "mail.example"),
        ("kim@ｍａｉｌ.example", "mail.example"),
        ("kim@pаypal.example", "xn--pypal-4ve.example"),
        ("", None),
        ("@", None),
        ("kim@", None),
        ("kim@mail..example", None),
        ("kim@-mail.example", None),
        ("kim@[192.0.2.1]", None),
        ("kim@mail example", None),
        ("kim@" + "a" * 64 + ".example", None),
        ("kim@" + "a." * 127 + "example", None),
        ("é" * 1_000_000, None),
    ],
)
def test_the_domain_of_an_address_has_one_spelling(given_, expected):
    # GIVEN an address, or what somebody typed as one
    # WHEN its domain is asked for
    # THEN it is in lower-case ASCII, or there is none
    assert domain(given_) == expected


@given(st.text(max_size=40))
def test_the_domain_of_a_domain_is_itself(text):
    # GIVEN any text
    # WHEN it has a domain
    found = domain(text)
    # THEN that has no other spelling
    assert found is None or (domain(found) == found and found.isascii() and found == found.lower())


@given(DOMAIN, st.text(max_size=10), st.booleans(), st.booleans())
def test_neither_case_nor_width_nor_what_stands_before_it_changes_a_domain(name, before, upper, wide):
    # GIVEN a domain written in capitals or full-width letters, in an address
    written = name.upper() if upper else name
    written = written.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)}) if wide else written
    # WHEN the address's domain is asked for
    # THEN it is the domain
    assert domain(f"{before}@{written}") == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paypal.example", False),
        ("pаypal.example", True),
        ("kim@pаypal.example", True),
        ("xn--pypal-4ve.example", True),
        ("почта.example", False),
        ("αlpha.example", True),
        ("bücher-24.example", False),
        ("ﾃｽﾄtest漢字.example", False),
        ("xn--\u00fc.example", False),
        ("", False),
    ],
)
def test_mixed_scripts_are_told_where_no_language_mixes_them(text, expected):
    # GIVEN a domain or an address
    # WHEN it is looked at
    # THEN only a part that mixes scripts for the eye is told
    assert mixed_scripts(text) is expected


@given(DOMAIN, st.integers(0, 60), st.sampled_from("аеорсухі"))
def test_a_cyrillic_letter_among_latin_ones_is_always_told(name, place, letter):
    # GIVEN a domain with one letter put in the place of another
    latin = f"q{name}"
    place %= len(latin.partition(".")[0])
    written = f"{latin[: place + 1]}{letter}{latin[place + 1 :]}"
    # WHEN it is looked at, as it is and as a domain
    # THEN both tell
    assert mixed_scripts(written)
    assert mixed_scripts(domain(written) or "")
