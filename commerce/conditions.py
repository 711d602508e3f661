"""The language of conditions: CEL (https://cel.dev), which cannot loop, call out or change anything.

`Condition.parse` checks a text against a vocabulary, `Condition.holds` asks it of one entity. The vocabulary is a
sample of the values: every variable and field that a condition may name, each with a value of its type.

Of CEL only what a condition about a customer needs is let through: plain text and numbers, fields, comparisons, `&&`,
`||`, `!`, `? :`, lists, arithmetic and the `FUNCTIONS`. The text is cut into tokens here, so that what is checked is
what is evaluated, also where evaluation would stop early.

The one module of this room that needs a library beside pydantic (`common-expression-language`); nothing imports it but
what evaluates conditions.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import cel

MAX_CHARACTERS = 2000
OVER_A_LIST = ("all", "exists", "exists_one")
FUNCTIONS = (*OVER_A_LIST, "contains", "double", "duration", "endsWith", "has", "int", "size", "startsWith", "string",
             "timestamp")  # fmt: skip
"""Not `map` and `filter`, which build lists of lists, nor `matches`, which runs a pattern of the author's."""
MAX_OVER_LISTS = 1
"""Nested, they would take the product of their lists' lengths."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+)
    |(?P<text>"(?:\\.|[^"\\\r\n])*"|'(?:\\.|[^'\\\r\n])*')
    |(?P<number>0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<symbol>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE,
)
_RELATIONS = ("==", "!=", "<", "<=", ">", ">=", "in")
_WORDS = ("true", "false", "null", "in")
_WHERE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*?)(?: expecting .*)?(?:\n|$)")
_OPEN, _CLOSE = "([", ")]"

# What CEL raises for values that do not fit; a deeply nested value is a RecursionError, which is a RuntimeError.
_FAILURES = (LookupError, TypeError, ValueError, RuntimeError, ArithmeticError)


class Open(dict[str, Any]):
    """Part of a vocabulary below which any name may be asked for, such as what a shop keeps of its customers."""


class ConditionError(ValueError):
    """The text is no condition; the message says where and what to write instead."""


class Condition:
    """A parsed condition. Make one with `parse`.

    `paths` are the fields that it asks for, such as `("orders", "count")`, in the order of their first mention.
    """

    def __init__(self, text: str, program: cel.Program, paths: tuple[tuple[str, ...], ...]) -> None:
        self.text = text
        self.paths = paths
        self._program = program

    @property
    def names(self) -> tuple[str, ...]:
        """The fields with dots between their parts, such as `orders.count`."""
        return tuple(".".join(path) for path in self.paths)

    @classmethod
    def parse(cls, text: str, vocabulary: Mapping[str, Any]) -> Self:
        """The condition in `text`. Raises `ConditionError` for what does not parse, names something that the
        vocabulary lacks, compares unlike types, or is not true or false."""
        if not text.strip():
            raise ConditionError("the condition is empty; write `true` for everybody")
        if len(text) > MAX_CHARACTERS:
            raise ConditionError(f"the condition has {len(text)} characters, more than {MAX_CHARACTERS}")
        tokens = _tokens(text)
        program = _compiled(text)
        _check_functions(tokens)
        paths = tuple(dict.fromkeys(path.names for path in _paths(tokens, vocabulary)))
        # Evaluating costs by what is handed over, most of all: what the condition does not ask for is left out.
        sample = part(paths, vocabulary)
        for operand in _operands(tokens):
            _check_operand(text, operand, vocabulary, sample)
        return cls(text, program, paths)

    def holds(self, values: Mapping[str, Any] | cel.Context) -> bool | None:
        """Whether it holds; None where it cannot be said, because a value that it asks for is not known.

        Values that several conditions are asked of are handed over once: `prepared` makes a context of them.
        """
        try:
            answer = self._program.execute(values if isinstance(values, cel.Context) else dict(values))
        except _FAILURES:
            return None
        return answer if isinstance(answer, bool) else None


def prepared(values: Mapping[str, Any]) -> cel.Context | None:
    """The values as conditions take them; None where they are of kinds that no condition can ask of."""
    try:
        return cel.Context(variables=dict(values))
    except _FAILURES:
        return None


def part(paths: Iterable[tuple[str, ...]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of `values` what `paths` lead to; what lies above a path's end is there even where the end is not."""
    found: dict[str, Any] = {}
    for path in paths:
        into, of = found, values
        for name in path[:-1]:
            of = of.get(name, {})
            into = into.setdefault(name, {})
            if not isinstance(of, Mapping):
                break
        else:
            if path[-1] in of:
                value = of[path[-1]]
                into.setdefault(path[-1], {} if isinstance(value, Mapping) else value)
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["text", "number", "name", "symbol"]
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Path:
    """Names with dots between them, or with the name in brackets, from a variable on."""

    names: tuple[str, ...]
    open: bool
    """Whether it ends in an open part, so that no sample can have its value."""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ConditionError(f"{text[place]!r} at character {place + 1} cannot be used in a condition")
        kind: Any = match.lastgroup
        if kind != "space":
            token = _Token(kind, match[0], place)
            if found and found[-1].end == place:
                _check_touching(found[-1], token)
            found.append(token)
        place = match.end()
    return found


def _check_touching(before: _Token, token: _Token) -> None:
    if token.kind == "text" and before.kind in ("name", "text"):
        raise ConditionError(f"write the text at character {token.start + 1} in plain quotes, once on either side")
    if token.text == before.text == "/":
        raise ConditionError(f"a condition cannot hold a comment, as at character {before.start + 1}")


def _compiled(text: str) -> cel.Program:
    try:
        return cel.compile(text)
    except ValueError as error:
        if where := _WHERE.search(str(error)):
            place = f"line {where[1]}, character {where[2]}" if "\n" in text else f"character {where[2]}"
            raise ConditionError(f"the condition cannot be read at {place}: {where[3].strip()}") from None
        raise ConditionError("the condition cannot be read: it is not CEL") from None


def _check_functions(tokens: Sequence[_Token]) -> None:
    called = [token for token, after in itertools.pairwise(tokens) if _calls(token, after)]
    for token in called:
        if token.text not in FUNCTIONS:
            raise ConditionError(f"{token.text} cannot be used in a condition; there are {', '.join(FUNCTIONS)}")
    if sum(token.text in OVER_A_LIST for token in called) > MAX_OVER_LISTS:
        raise ConditionError(f"at most {MAX_OVER_LISTS} of all, exists and exists_one can be used; join with `in`")


def _calls(token: _Token, after: _Token) -> bool:
    return token.kind == "name" and token.text not in _WORDS and after.text == "("


def _paths(tokens: Sequence[_Token], vocabulary: Mapping[str, Any]) -> list[_Path]:
    """Every path from a variable of the vocabulary; refuses a variable that it lacks, wherever it stands."""
    bound = _bound(tokens, vocabulary)
    found = []
    for at, token in enumerate(tokens):
        if token.text == "." and (at == 0 or not _ends_value(tokens[at - 1])):
            raise ConditionError(f"nothing stands before the dot at character {token.start + 1}")
        selected = at > 0 and tokens[at - 1].text == "."
        called = at + 1 < len(tokens) and _calls(token, tokens[at + 1])
        if token.kind != "name" or token.text in _WORDS or selected or called:
            continue
        if any(token.text == name and start <= at <= end for name, start, end in bound):
            continue
        if token.text not in vocabulary:
            raise ConditionError(f"there is no {token.text}; there are {', '.join(sorted(vocabulary))}")
        has = at > 1 and (tokens[at - 2].text, tokens[at - 1].text) == ("has", "(")
        found.append(_path(tokens, at, vocabulary, asked_whether=has))
    return found


def _ends_value(token: _Token) -> bool:
    return token.kind in ("name", "text") or token.text in _CLOSE


def _bound(tokens: Sequence[_Token], vocabulary: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Names that all, exists and exists_one give to a list's items, each with the tokens between which it holds."""
    found = []
    for at in range(len(tokens) - 3):
        name = tokens[at + 2]
        if tokens[at].text in OVER_A_LIST and _calls(tokens[at], tokens[at + 1]) and name.kind == "name":
            if name.text in vocabulary:
                raise ConditionError(f"{name.text} is taken; call the item in {tokens[at].text} otherwise")
            found.append((name.text, at + 2, _closing(tokens, at + 1)))
    return found


def _path(tokens: Sequence[_Token], at: int, vocabulary: Mapping[str, Any], *, asked_whether: bool) -> _Path:
    names = [tokens[at].text]
    known: Any = vocabulary[names[0]]
    at += 1
    while (step := _step(tokens, at)) is not None:
        name, at = step
        if isinstance(known, Open):
            return _Path((*names, name), open=True)
        if not isinstance(known, Mapping):
            raise ConditionError(f"{'.'.join(names)} is a value; there is no {name} in it")
        if name not in known:
            there = ", ".join(sorted(known))
            raise ConditionError(f"there is no {'.'.join([*names, name])}; {'.'.join(names)} has: {there}")
        names.append(name)
        known = known[name]
    if isinstance(known, Mapping) and not isinstance(known, Open) and not asked_whether:
        raise ConditionError(f"{'.'.join(names)} is no value; name one of its fields: {', '.join(sorted(known))}")
    return _Path(tuple(names), open=False)


def _step(tokens: Sequence[_Token], at: int) -> tuple[str, int] | None:
    """The name that goes on a path at token `at`, and the token after it."""
    texts = [token.text for token in tokens[at : at + 3]]
    if len(texts) > 1 and texts[0] == "." and tokens[at + 1].kind == "name" and texts[2:] != ["("]:
        return texts[1], at + 2
    if len(texts) == 3 and (texts[0], texts[2]) == ("[", "]") and tokens[at + 1].kind == "text":
        if "\\" in texts[1]:
            raise ConditionError(f"the name at character {tokens[at + 1].start + 1} cannot hold a backslash")
        return texts[1][1:-1], at + 3
    return None


def _closing(tokens: Sequence[_Token], at: int) -> int:
    """Where the bracket at `at` is closed."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text in _OPEN) - (tokens[place].text in _CLOSE)
        if depth == 0:
            return place
    return len(tokens) - 1


def _operands(tokens: Sequence[_Token]) -> list[Sequence[_Token]]:
    """What `&&`, `||`, `!` and `? :` join: each must be true or false by itself, also where it is not reached."""
    if tokens[0].text == "(" and _closing(tokens, 0) == len(tokens) - 1:
        return _operands(tokens[1:-1])
    for joints in (("?", ":"), ("||",), ("&&",)):
        parts = _split(tokens, joints)
        if len(parts) > 1:
            return [operand for part in parts for operand in _operands(part)]
    denials = next(at for at, token in enumerate(tokens) if token.text != "!")
    if denials and len(_split(tokens, _RELATIONS)) == 1:
        return _operands(tokens[denials:])
    return [tokens]


def _split(tokens: Sequence[_Token], joints: tuple[str, ...]) -> list[Sequence[_Token]]:
    """`tokens` cut at `joints` that stand in no bracket."""
    parts, start, depth = [], 0, 0
    for at, token in enumerate(tokens):
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0 and token.text in joints:
            parts.append(tokens[start:at])
            start = at + 1
    return [*parts, tokens[start:]]


def _check_operand(
    text: str, operand: Sequence[_Token], vocabulary: Mapping[str, Any], sample: Mapping[str, Any]
) -> None:
    """Evaluate it on the sample, a part of the vocabulary. What only the sample's values are to blame for passes: a
    name that an open part lacks, a division by the sample's zero, a text that is no number."""
    words = text[operand[0].start : operand[-1].end]
    reaches_open = any(path.open for path in _paths(operand, vocabulary))
    try:
        answer = _compiled(words).execute(dict(sample))
    except (LookupError, ArithmeticError) as error:
        if isinstance(error, KeyError) and not reaches_open:
            raise ConditionError(f"`{words}` asks for {error.args[0]}, which there is not") from None
        return
    except TypeError:
        raise ConditionError(f"`{words}` joins or compares unlike types; double(…) makes a number fit") from None
    except RuntimeError as error:
        if str(error).startswith("Function "):
            return
        raise ConditionError(f"`{words}` uses a function on what it is not made for") from None
    except ValueError as error:
        raise ConditionError(f"`{words}` cannot be evaluated: {str(error).splitlines()[0]}") from None
    if not isinstance(answer, bool):
        raise ConditionError(f"`{words}` gives a value, not true or false; compare it with something")
    sides = _split(operand, _RELATIONS)
    if len(sides) == 2 and operand[len(sides[0])].text in ("==", "!="):
        _check_sides(words, [_compiled(text[s[0].start : s[-1].end]).execute(dict(sample)) for s in sides])


def _check_sides(words: str, sides: Sequence[Any]) -> None:
    """Equality of unlike types is no error in CEL: it is never true."""
    kinds = {_kind(side) for side in sides} - {None}
    if len(kinds) > 1:
        raise ConditionError(f"`{words}` compares {' with '.join(sorted(map(str, kinds)))}, which are never equal")


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else None
