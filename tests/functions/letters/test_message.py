"""The message as the mail service gets it, read back by the standard library's parser."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from commerce.campaigns.template import RenderedLetter
from functions.letters.message import message
from functions.letters.render import LetterError
from tests.functions.letters.writing import LINK, SENDER

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
LETTER = RenderedLetter(subject="Grüße, Robin", html=f"<p>{'ä' * 1200}</p>\n.\nFrom x", text="Grüße\n.\nFrom x\n")


def read(made: bytes):
    """The message, parsed; nothing in it may be against the rules."""
    parsed = message_from_bytes(made, policy=default)
    assert [part.defects for part in parsed.walk() if part.defects] == []
    return parsed


def test_a_message_has_both_parts_and_the_headers_of_one_click():
    # GIVEN a letter in a language with letters of its own, and lines longer than mail allows
    # WHEN its message is made and read back
    made = message(sender=SENDER, to="robin@bücher.example", letter=LETTER, at=AT, unsubscribe=LINK)
    parsed = read(made)
    # THEN headers are what they should be, and parts say what the letter says
    assert parsed["From"].addresses[0].display_name == SENDER.name
    assert (parsed["From"].addresses[0].addr_spec, parsed["Reply-To"]) == (SENDER.address, SENDER.reply_to)
    assert parsed["To"] == "robin@xn--bcher-kva.example"
    assert (parsed["Subject"], parsed["Date"].datetime) == (LETTER.subject, AT)
    assert parsed["List-Unsubscribe"] == f"<{LINK}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["Message-ID"] is None
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert parsed.get_body(("plain",)).get_content().splitlines() == LETTER.text.splitlines()
    assert parsed.get_body(("html",)).get_content().splitlines() == LETTER.html.splitlines()
    # AND every line is one that mail servers take
    assert max(len(line) for line in made.split(b"\r\n")) <= 998
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_a_long_unsubscribe_link_is_one_line():
    # GIVEN a link as long as a signed token makes it
    link = f"https://api.shop.example/live/v1/unsubscribe?token={'aB3-_' * 100}"
    # WHEN the message is made
    made = message(sender=SENDER, to="r@x.example", letter=LETTER, at=AT, unsubscribe=link)
    # THEN mail programs find it whole
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in made


def test_a_letter_that_is_nobodys_has_no_unsubscribe_headers():
    # GIVEN a test letter
    # WHEN its message is made
    # THEN no program offers to unsubscribe anybody
    assert b"List-Unsubscribe" not in message(sender=SENDER, to="r@x.example", letter=LETTER, at=AT)


@pytest.mark.parametrize(
    "to",
    [
        "", "robin", "robin@", "@x.example", "robin@localhost", "a b@x.example", "a@x.example, b@x.example",
        "a@x.example\r\nBcc: b@x.example", "a@x.example\n", "<a@x.example>", '"a b"@x.example', "ö@x.example",
        "a@x..example", f"{'a' * 65}@x.example", "a@x.example;b@x.example", "a(b)@x.example",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_not_written_to(to):
    # GIVEN something else than one address
    # WHEN a message to it is to be made
    # THEN there is none. A line break at the end is no part of an address, and left out
    if to.strip() == "a@x.example":
        assert read(message(sender=SENDER, to=to, letter=LETTER, at=AT))["To"] == "a@x.example"
    else:
        with pytest.raises(LetterError):
            message(sender=SENDER, to=to, letter=LETTER, at=AT)


@pytest.mark.parametrize("link", ["http://x.example/", "https://x.example/> <a", "https://x.example/\r\nBcc: a", "x"])
def test_an_unsubscribe_link_that_is_none_fails_the_letter(link):
    # GIVEN a link that would not be one, or would be more
    # WHEN the message is to be made
    # THEN there is none
    with pytest.raises(LetterError):
        message(sender=SENDER, to="r@x.example", letter=LETTER, at=AT, unsubscribe=link)


@pytest.mark.parametrize("name", ['Ann "and" Bo\\', "Ann, Bo; & Co", "Käse & Söhne", "=?utf-8?q?x?=", "x" * 100])
def test_any_name_of_a_shop_is_written_as_it_is(name):
    # GIVEN a name with characters that mean something in a header
    sender = SENDER.model_copy(update={"name": name})
    # WHEN the message is made
    parsed = read(message(sender=sender, to="r@x.example", letter=LETTER, at=AT))
    # THEN it is the name, and the address is the shop's
    found = parsed["From"].addresses
    assert [(a.display_name, a.addr_spec) for a in found] == [(name, SENDER.address)]
