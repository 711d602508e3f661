"""MJML to HTML, once, when a template is saved; its Liquid comes through untouched."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

from mjml import mjml2html

from functions.letters.tokens import Hidden, hide, texts

MAX_TAGS = 4000
"""The compiler calls itself for every element within another, and a stack that overflows ends the process."""
_STACK = 256 * 1024 * 1024
"""Bytes that `MAX_TAGS` elements within each other need, several times over; what is not used is not taken."""

_one_at_a_time = threading.Lock()
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_COMMENT = re.compile(r"<!--(?!\[if|<!\[endif).*?-->", re.DOTALL)
_QUOTED = re.compile(r"=\s*(\"[^\"]*\"|'[^']*')")
_VOID = frozenset({"br", "col", "hr", "img", "meta", "wbr"})
_POSITION = re.compile(r" in root template(?: at position (\d+):\d+)?$")


class LayoutError(ValueError):
    """The text is no MJML; `line` says where, from 1, where that is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def without_comments(mjml: str) -> str:
    """Without what its author noted, line numbers kept. Comments that only Outlook reads stay: they are markup."""
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), mjml)


def to_html(mjml: str) -> str:
    """The HTML of `mjml`. No file is included and no font or style sheet is fetched. Raises `LayoutError`."""
    if (tags := mjml.count("<")) > MAX_TAGS:
        raise LayoutError(f"the MJML has {tags} tags, more than {MAX_TAGS}")
    hidden = hide(mjml)
    # Characters beyond ASCII are hidden as well: between elements they make the compiler panic.
    ascii_ = hide(hidden.text, _BEYOND_ASCII)
    try:
        html = ascii_.show(_compiled(ascii_.text))
    except ValueError as error:
        raise _explained(hidden, ascii_, str(error)) from None
    shown = hidden.show(html)
    # What only looks like Liquid once compiled was not among what is checked.
    if texts(shown) - texts(mjml):
        raise LayoutError("Liquid cannot be put together from pieces")
    kept = set(hidden.within(html))
    for index, token in enumerate(hidden.tokens):
        if index not in kept:
            raise LayoutError(f"{token.text} stands where MJML takes no text; put it into <mj-raw>", token.line)
    return shown


def _compiled(mjml: str) -> str:
    """Compile ASCII in a thread with a stack of its own. Raises ValueError for a panic too, which is no Exception."""
    with _one_at_a_time:
        before = threading.stack_size(_STACK)
        try:
            thread = ThreadPoolExecutor(1)
            running = thread.submit(mjml2html, mjml, fonts={})
        finally:
            threading.stack_size(before)
    with thread:
        error = running.exception()
    if error is not None and not isinstance(error, ValueError):
        raise ValueError("the compiler gave up")
    return running.result()


def _explained(hidden: Hidden, ascii_: Hidden, message: str) -> LayoutError:
    """The compiler's word where it says where; else what is likely meant, as it says little of what does not close."""
    found = _POSITION.search(message)
    if found and found[1]:
        before = ascii_.show(ascii_.text[: int(found[1])])
        return LayoutError(f"the MJML cannot be compiled: {_POSITION.sub('', message)}", _line(hidden, len(before)))
    finder = _Finder()
    finder.feed(hidden.text)
    finder.close()
    likely, at = finder.found()
    said = likely or _POSITION.sub("", message)
    return LayoutError(f"the MJML cannot be compiled: {hidden.show(said)}", None if at is None else _line(hidden, at))


def _line(hidden: Hidden, at: int) -> int:
    """Line of the source; pieces of Liquid may have lines of their own."""
    return hidden.show(hidden.text[:at]).count("\n") + 1


class _Finder(HTMLParser):
    """Finds the first place where a text is no well-formed MJML."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.wrong: tuple[str, int] | None = None
        self.starts = [0]

    def feed(self, data: str) -> None:
        """Note where lines start, then read."""
        self.starts += [match.end() for match in re.finditer("\n", data)]
        super().feed(data)

    def found(self) -> tuple[str, int | None]:
        """What is wrong, and at which character; nothing where all seems well."""
        if self.wrong is not None:
            return self.wrong
        return (f"<{self.open[-1][0]}> is not closed", self.open[-1][1]) if self.open else ("", None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        if re.search(r"=\s*[^\"'\s]", _QUOTED.sub("", self.get_starttag_text() or "")):
            self._note(f"a value within <{tag} …> is not in quotes")
        if tag not in _VOID:
            self.open.append((tag, self._at()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            at = f"<{self.open[-1][0]}> is not closed before </{tag}>" if self.open else f"nothing to close at </{tag}>"
            self._note(at, self.open[-1][1] if self.open else None)
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if "<" in data:
            self._note("a < that begins no element; write &lt;", self._at() + data.index("<"))

    def _note(self, what: str, at: int | None = None) -> None:
        self.wrong = self.wrong or (what, self._at() if at is None else at)

    def _at(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column
