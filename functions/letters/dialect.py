"""The part of Liquid that letters may use: few tags, own filters, every output escaped, nothing to load, bounded work.

Liquid's own way of escaping trusts whatever is marked as safe. Here every output is escaped as it is written, so there
is no mark and no filter by which text could become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.content import Literal
from liquid.builtin.expressions import Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags import assign_tag, case_tag, comment_tag, for_tag, if_tag, inline_comment_tag, unless_tag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from markupsafe import escape

from functions.letters.filters import FILTERS, text
from functions.letters.tokens import hide

TAGS = (
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    for_tag.ForTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    assign_tag.AssignTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
)
BLOCKS = frozenset({"if", "unless", "case", "for", "comment"})
TAG_NAMES = frozenset(
    {"if", "elsif", "else", "unless", "case", "when", "for", "break", "continue", "assign", "comment", "#"}
) | {f"end{name}" for name in BLOCKS}
MAX_PIECE = 2000
"""Characters of one variable or tag."""
_BLANKS = re.compile(r"\s{50}")
_UNCLOSED = re.compile(r"\{\{|\{%")
MAX_OUTPUT = 400_000
"""Bytes of one rendered letter; beyond them rendering is broken off."""
MAX_ITERATIONS = 200
"""Of nested loops, multiplied."""


class DialectError(ValueError):
    """The text is no template; `line` says where, from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class _HtmlOutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(escape(text(self.expression.evaluate(context))))


class _TextOutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(text(self.expression.evaluate(context)))


class _HtmlOutput(Output):
    node_class = _HtmlOutputNode


class _TextOutput(Output):
    node_class = _TextOutputNode


class _Letters(Environment):
    output: ClassVar[type[Output]] = _TextOutput
    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = MAX_ITERATIONS
    local_namespace_limit = 100_000
    output_stream_limit = MAX_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002 - the base class's signature
        for tag in (Literal, Illegal, self.output, *TAGS):
            self.add_tag(tag)
        self.filters.update(FILTERS)


class _HtmlLetters(_Letters):
    output = _HtmlOutput


_HTML, _TEXT = _HtmlLetters(), _Letters()


def parse(source: str, *, html: bool) -> BoundTemplate:
    """The template in `source`. Its outputs are escaped for HTML, or left as they are where `html` is false.

    Raises `DialectError` for a syntax error, and for tags, filters and expressions that letters may not use.
    """
    _scan(source)
    try:
        template = (_HTML if html else _TEXT).from_string(source)
        for expression in expressions(template.nodes, RenderContext(template)):
            _refuse(expression, source)
    except LiquidError as error:
        raise DialectError(str(error.message), _line(source, error.token)) from None
    except RecursionError:
        raise DialectError("the template is nested too deeply") from None
    return template


def _scan(source: str) -> None:
    """Refuse what the library's lexer would take hours for, or would not show: `raw` hides what follows it."""
    hidden = hide(source)
    for token in hidden.tokens:
        if token.tag is not None and token.tag not in TAG_NAMES:
            raise DialectError(f"there is no tag {token.tag!r} in letters", token.line)
        if len(token.text) > MAX_PIECE or _BLANKS.search(token.text):
            raise DialectError("a variable or tag is longer than any needs to be", token.line)
    if unclosed := _UNCLOSED.search(hidden.text):
        before = hidden.show(hidden.text[: unclosed.start()])
        raise DialectError(f"{unclosed[0]} is not closed", before.count("\n") + 1)


def expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    """Every expression below the nodes."""
    for node in nodes:
        for expression in node.expressions():
            yield from _below(expression)
        yield from expressions(node.children(context), context)


def _below(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _below(child)


def _refuse(expression: Expression, source: str) -> None:
    line = _line(source, expression.token)
    if isinstance(expression, RangeLiteral):
        raise DialectError("ranges such as (1..3) cannot be used in a letter", line)
    if isinstance(expression, Path) and any(isinstance(segment, Path) for segment in expression.path):
        raise DialectError(f"{expression}: write the name out, without a variable in brackets", line)
    for filter_ in getattr(expression, "filters", None) or ():
        if filter_.name not in FILTERS:
            raise DialectError(f"there is no filter {filter_.name!r}; there are: {', '.join(FILTERS)}", line)


def _line(source: str, token: Any) -> int | None:
    start = getattr(token, "start_index", -1)
    return source.count("\n", 0, start) + 1 if 0 <= start <= len(source) else None
