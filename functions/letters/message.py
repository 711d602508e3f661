"""The message as the mail service takes it: text and HTML, and the headers by which mail programs offer to unsubscribe.

https://www.rfc-editor.org/rfc/rfc8058 (one-click), https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4 (alternative)
"""

from __future__ import annotations

import re
import secrets
from binascii import b2a_qp
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import cache

from commerce.campaigns.shop import Sender
from commerce.campaigns.template import RenderedLetter
from functions.letters.render import LetterError
from functions.letters.values import one_line

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LINK = re.compile(r"https://[!-;=?-~]{1,900}")
"""https and visible ASCII but for the brackets that stand around it; a line of mail has at most 998 characters."""


def message(*, sender: Sender, to: str, letter: RenderedLetter, at: datetime, unsubscribe: str | None = None) -> bytes:
    """The letter as bytes, to be sent as it is; the mail service adds the Message-ID.

    `unsubscribe`: https address that takes a one-click POST; left out for letters that are nobody's, such as tests.
    Raises `LetterError` where `to` is no address.

    Headers are written by hand, which takes a twentieth of the library's time for each letter. Nothing of a value can
    begin one: addresses and links are matched whole, other text is in one line and, where it is not ASCII, encoded.
    """
    boundary = f"=_{secrets.token_hex(16)}"
    lines = [
        f"From: {_sender(sender.name, sender.address)}",
        f"To: {_address(to)}",
        *([f"Reply-To: {_address(sender.reply_to)}"] if sender.reply_to else []),
        f"Subject: {_words(letter.subject)}",
        f"Date: {format_datetime(at)}",
        *_unsubscribe(unsubscribe),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
    ]
    for kind, body in (("plain", letter.text), ("html", letter.html)):
        lines += [
            f"--{boundary}",
            f'Content-Type: text/{kind}; charset="utf-8"',
            "Content-Transfer-Encoding: quoted-printable",
            "",
            _quoted(body),
        ]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode("ascii")


@cache
def _sender(name: str, address: str) -> str:
    words = one_line(name)
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    shown = _words(words) if not words.isascii() or "=?" in words else f'"{quoted}"'
    return f"{shown} <{_address(address)}>"


def _address(address: str) -> str:
    """An address as a header takes it: its domain in ASCII, no name, nothing quoted."""
    local, _, domain = address.strip().rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        written = ""
    if not _ADDRESS.fullmatch(written):
        raise LetterError("the address cannot be written to")
    return written


def _words(text: str) -> str:
    """Text of a header: as it is where it is ASCII, else in encoded words (RFC 2047), folded."""
    line = one_line(text)
    if line.isascii() and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _unsubscribe(link: str | None) -> list[str]:
    if link is None:
        return []
    if not _LINK.fullmatch(link):
        raise LetterError("the unsubscribe link is no https address")
    return [f"List-Unsubscribe: <{link}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def _quoted(body: str) -> str:
    """Quoted-printable: lines of mail are at most 998 bytes long, those of compiled HTML are not."""
    return b2a_qp("\r\n".join(body.splitlines()).encode(), istext=True).decode("ascii")
