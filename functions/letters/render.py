"""A letter's template, compiled once and rendered for thousands of customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from liquid import BoundTemplate, RenderContext

from commerce.campaigns.template import RenderedLetter, TemplateVersion
from functions.letters.dialect import DialectError, expressions, parse
from functions.letters.names import paths
from functions.letters.text import text_template, tidy
from functions.letters.values import one_line

MAX_SUBJECT = 200


class LetterError(Exception):
    """A letter cannot be made for this customer. The message holds nothing of the customer."""


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """Subject, HTML and plain text of one version, compiled. Make one with `compile`."""

    subject: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate

    @classmethod
    def compile(cls, version: TemplateVersion, subject: str | None = None) -> Self:
        """The version's letter; `subject`, which may hold variables, goes over its own.

        Raises `LetterError`, which no version raises that was saved; a subject of somebody else's may.
        """
        try:
            return cls.of(subject or version.subject, version.html)
        except DialectError as error:
            raise LetterError(f"the template cannot be read: {error}") from None

    @classmethod
    def of(cls, subject: str, html: str) -> Self:
        """The same from a subject and compiled HTML. Raises `DialectError`."""
        return cls(parse(subject, html=False), parse(html, html=True), parse(text_template(html), html=False))

    def uses(self, root: str) -> bool:
        """Whether a value at or below `root`, such as `offer`, is shown or asked for anywhere in the letter."""
        found = (
            path
            for template in (self.subject, self.html)
            for expression in expressions(template.nodes, RenderContext(template))
            for path in paths(expression)
        )
        return any(path.path[0] == root for path in found)

    def render(self, values: Mapping[str, Any]) -> RenderedLetter:
        """The letter that says `values` (`letter_values`). Raises `LetterError`."""
        try:
            subject = one_line(self.subject.render(**values), MAX_SUBJECT)
            html = self.html.render(**values)
            text = tidy(self.text.render(**values))
        except Exception as error:  # noqa: BLE001 - whatever a template does, it fails its own letter and no other
            raise LetterError(f"the template cannot be rendered: {type(error).__name__}") from None
        if not subject:
            raise LetterError("the subject is empty")
        return RenderedLetter(subject=subject, html=html, text=text)
