"""Liquid within another language: hidden behind words while that language is read, then put back."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_TAG = re.compile(r"\{%-?\s*(#|\w*)")


@dataclass(frozen=True, slots=True)
class Token:
    """One `{{ … }}` or `{% … %}`."""

    text: str
    line: int

    @property
    def tag(self) -> str | None:
        """Name of the tag, empty where it has none; None for an output."""
        found = _TAG.match(self.text)
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text in which the n-th piece of Liquid is the word `<mark>n<mark>`, of letters and digits alone."""

    text: str
    tokens: tuple[Token, ...]
    words: re.Pattern[str]

    def show(self, text: str) -> str:
        """`text`, made from this one, with the Liquid put back."""
        return self.words.sub(lambda word: self.tokens[int(word[1])].text, text)

    def within(self, text: str) -> list[int]:
        """Indexes of the tokens whose words stand in `text`."""
        return [int(word[1]) for word in self.words.finditer(text)]


def hide(source: str, pieces: re.Pattern[str] = _LIQUID) -> Hidden:
    """Hide the pieces of `source`, Liquid where nothing else is said."""
    mark = "zq"
    while mark in source.lower():
        mark += "q"
    tokens: list[Token] = []

    def word(match: re.Match[str]) -> str:
        tokens.append(Token(match[0], source.count("\n", 0, match.start()) + 1))
        return f"{mark}{len(tokens) - 1}{mark}"

    text = pieces.sub(word, source)
    return Hidden(text, tuple(tokens), re.compile(rf"{mark}(\d+){mark}"))


def texts(source: str) -> set[str]:
    """The pieces of Liquid in `source`."""
    return set(_LIQUID.findall(source))
