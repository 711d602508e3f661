"""The plain-text part: the compiled HTML read as text once, with its Liquid kept, so that it is rendered as fast."""

from __future__ import annotations

import re

import lxml.html
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError
from lxml.html import HtmlElement

from functions.letters.dialect import DialectError
from functions.letters.tokens import hide

_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
_LAYOUT = {"table": "div", "tbody": "div", "thead": "div", "tr": "div", "td": "div", "th": "div"}


def text_template(html: str) -> str:
    """The HTML of a letter, Liquid still in it, as text: a link as `words <address>`, an image as its words.

    Raises `DialectError` where it cannot be read.
    """
    hidden = hide(_COMMENTS.sub("", html))
    try:
        return hidden.show(tidy(_read(hidden.text)))
    except (LxmlError, RecursionError) as error:
        raise DialectError(f"the HTML cannot be read as text: {type(error).__name__}") from None


def tidy(text: str) -> str:
    """Without spaces at the ends of lines and without more than one blank line in a row."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def _read(html: str) -> str:
    page = lxml.html.document_fromstring(html or "<p></p>")
    for element in list(page.iter("head", "style", "title")):
        _remove(element)
    for element in [e for e in page.iter() if _HIDDEN.search(e.get("style", ""))]:
        _remove(element)
    for image in page.iter("img"):
        image.tag, image.text = "span", image.get("alt", "")
    for link in page.iter("a"):
        _write_out(link)
    # Tables lay letters out; read as tables, text of one column would stand between that of its neighbour.
    for element in page.iter(*_LAYOUT):
        element.tag = _LAYOUT[str(element.tag)]
    return Inscriptis(page, ParserConfig()).get_text()


def _write_out(link: HtmlElement) -> None:
    href, words = link.get("href", "").strip(), link.text_content().strip()
    if not href or href.startswith("#") or href == words:
        return
    last = len(link)
    written = f" <{href}>" if words else href
    if last:
        link[last - 1].tail = (link[last - 1].tail or "").rstrip() + written
    else:
        link.text = (link.text or "").rstrip() + written


def _remove(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
