"""The language of conditions: CEL (https://cel.dev), which cannot loop, call out or change anything.

`Condition.parse` checks a text against a vocabulary, `Condition.holds` asks it of one entity. The vocabulary is a
sample of the values: every variable and field that a condition may name, each with a value of its type.

The one module of this room that needs a library beside pydantic (`common-expression-language`); nothing imports it but
what evaluates conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self

import cel

MAX_CHARACTERS = 2000
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_PATH = re.compile(r"(?<![\w.)\]])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*(\s*\()?")
_REFUSED = re.compile(r"\.\s*(map|filter|matches)\s*\(")
"""What builds lists of lists, or runs a pattern of the author's: no condition about a customer needs either."""
_OVER_A_LIST = re.compile(r"\.\s*(all|exists|exists_one)\s*\(")
MAX_OVER_LISTS = 1
"""Nested, they would take the product of their lists' lengths."""


class Open(dict[str, Any]):
    """Part of a vocabulary below which any name may be asked for, such as what a shop keeps of its customers."""


class ConditionError(ValueError):
    """The text is no condition; the message says where and what to write instead."""


class Condition:
    """A parsed condition. Make one with `parse`."""

    def __init__(self, text: str, program: cel.Program) -> None:
        self.text = text
        self._program = program

    @classmethod
    def parse(cls, text: str, vocabulary: Mapping[str, Any]) -> Self:
        """The condition in `text`. Raises `ConditionError` for what does not parse, names something that the
        vocabulary lacks, compares unlike types, or is not true or false."""
        if not text.strip():
            raise ConditionError("the condition is empty; write `true` for everybody")
        if len(text) > MAX_CHARACTERS:
            raise ConditionError(f"the condition has {len(text)} characters, more than {MAX_CHARACTERS}")
        try:
            program = cel.compile(text)
        except ValueError as error:
            raise ConditionError(f"the condition cannot be read: {error}") from None
        unquoted = _STRING.sub('""', text)
        if refused := _REFUSED.search(unquoted):
            raise ConditionError(f"{refused[1]} cannot be used in a condition; use `in`, exists or startsWith")
        if len(_OVER_A_LIST.findall(unquoted)) > MAX_OVER_LISTS:
            raise ConditionError(f"at most {MAX_OVER_LISTS} of all, exists and exists_one can be used; join with `in`")
        reached = [_reaches_open(path, vocabulary) for path in _paths(unquoted)]
        found = cls(text, program)
        found._check_types(vocabulary, unsure=any(reached))
        return found

    def holds(self, values: Mapping[str, Any]) -> bool | None:
        """Whether it holds; None where it cannot be said, because a value that it asks for is not known."""
        try:
            return self._program.execute(dict(values)) is True
        except (KeyError, TypeError, ValueError, RuntimeError):
            return None

    def _check_types(self, vocabulary: Mapping[str, Any], *, unsure: bool) -> None:
        """Evaluate on the sample. `unsure`: it asks for what no sample can have, so a value may be missing."""
        try:
            answer = self._program.execute(dict(vocabulary))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            if unsure and isinstance(error, KeyError | TypeError):
                return
            raise ConditionError(f"the condition cannot be evaluated: {str(error).splitlines()[0]}") from None
        if not isinstance(answer, bool):
            raise ConditionError("the condition gives a value, not true or false; compare it with something")


def _paths(unquoted: str) -> Iterator[list[str]]:
    """Names with dots between them; a trailing method's name is left out."""
    for match in _PATH.finditer(unquoted):
        names = re.split(r"\s*\.\s*", match[0].removesuffix(match[1] or ""))
        names = names[:-1] if match[1] else names
        if names:
            yield names


def _reaches_open(path: list[str], vocabulary: Mapping[str, Any]) -> bool:
    """Whether the path ends in an open part; refuses one that begins in the vocabulary and goes on outside it."""
    known: Any = vocabulary
    for depth, name in enumerate(path):
        if isinstance(known, Open):
            return True
        if not isinstance(known, Mapping) or (depth == 0 and name not in known):
            return False
        if name not in known:
            there = ", ".join(sorted(known))
            raise ConditionError(f"there is no {'.'.join(path[: depth + 1])}; {'.'.join(path[:depth])} has: {there}")
        known = known[name]
    return False
