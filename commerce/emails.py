"""The domain of an e-mail address in its one spelling, and a warning where scripts are mixed to look alike.

Addresses that differ for the eye alone must be one value to whoever counts by domain: full-width letters, capitals,
invisible characters, an umlaut and its punycode. Sources: Unicode NFKC (UAX 15), IDNA (RFC 3490, as Python's codec
has it), mixed-script detection (UTS 39, section 5.1, the level "highly restrictive").
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_LONGEST = 1024
"""Characters; no address is longer than 254 (RFC 5321), and what is longer costs time for nothing."""
_LONGEST_DOMAIN = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_BETWEEN = re.compile("[@.\u3002\uff0e\uff61]")
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
"""Scripts that are written together: Japanese, Chinese, Korean."""


def domain(address_or_domain: str) -> str | None:
    """The domain in lower-case ASCII, such as `xn--bcher-kva.example`; None where there is none.

    What comes before the last `@` is left out. The domain of a domain is itself.
    """
    if len(address_or_domain) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", address_or_domain).strip().rpartition("@")[2]
    labels = [_ascii(label) for label in _DOTS.split(text.removesuffix("."))]
    if any(label is None or not _LABEL.fullmatch(label) for label in labels):
        return None
    found = ".".join(label for label in labels if label)
    return found if len(found) <= _LONGEST_DOMAIN else None


def mixed_scripts(text: str) -> bool:
    """Whether a part of an address or domain mixes scripts that no language writes together, such as a Cyrillic `а`
    among Latin letters. Punycode is read first. A part wholly in another script that looks alike is not found."""
    return any(_mixed(part) for part in _BETWEEN.split(text[:_LONGEST]))


def _ascii(label: str) -> str | None:
    try:
        return label.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


def _mixed(part: str) -> bool:
    if part[:4].lower() == "xn--":
        try:
            part = part[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return False
    scripts = {_script(c) for c in unicodedata.normalize("NFKC", part)} - {""}
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


@cache
def _script(character: str) -> str:
    """The script of a letter by its Unicode name; empty for digits, marks and what all scripts share."""
    letter = unicodedata.category(character) in ("Ll", "Lu", "Lt", "Lo")
    return unicodedata.name(character, "").partition(" ")[0] if letter else ""
