"""What a letter's HTML may hold, and where variables may stand in it.

The compiled HTML is read once with every piece of Liquid hidden. Elements and attributes must be those of letters;
addresses must begin with https or with a variable that does; an output may only stand in text or within the quotes of
an attribute that is neither address nor style; a tag such as `if` only between elements. As outputs are escaped
(`dialect`), no value can then change what is markup. And as every piece between two tags begins and ends between
elements, it is read the same whichever branch is taken: what holds for the whole holds for every letter made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser

from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import StringLiteral
from liquid.expression import Expression

from commerce.campaigns.template import Problem
from commerce.campaigns.variables import Variable
from functions.letters.dialect import BLOCKS, DialectError, parse
from functions.letters.names import name_of
from functions.letters.tokens import Hidden, Token, hide

ELEMENTS = frozenset({
    "a", "abbr", "address", "article", "aside", "b", "blockquote", "body", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "i", "img", "ins", "li", "main", "meta",
    "nav", "ol", "p", "pre", "q", "s", "section", "small", "span", "strong", "style", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "time", "title", "tr", "u", "ul", "wbr",
})  # fmt: skip
_OUTLOOK = frozenset({"noscript", "xml"})
"""Beside names with a colon (`v:fill`), within comments that Outlook alone reads."""
ADDRESSES = frozenset({
    "action", "background", "cite", "codebase", "data", "formaction", "href", "longdesc", "lowsrc", "poster",
    "profile", "src", "usemap",
})  # fmt: skip
_VOID = frozenset({"br", "col", "hr", "img", "meta", "wbr"})
MAX_DEPTH = 150
_HTTP_EQUIV = frozenset({"content-type", "x-ua-compatible"})
_WELL_FORMED = re.compile(r"<[a-z][^\s\"'<>/=]*(\s+[^\s\"'<>/=]+(\s*=\s*(\"[^\"]*\"|'[^']*'))?)*\s*/?>", re.IGNORECASE)
_VALUE = re.compile(r"=\s*(\"[^\"]*\"|'[^']*')")
_UNSAFE_CSS = re.compile(
    r"@import|@charset|expression\s*\(|javascript:|vbscript:|behavior\s*:|-moz-binding|\\|<|"
    r"url\(\s*['\"]?\s*(?!https?://|['\"\s])|src\s*:",
    re.IGNORECASE,
)
_OTHER_ENDS = re.compile(r"--(!|\s+)>")
"""By which some programs end a comment, and others do not."""
_FIXED = re.compile(r"https?://[^/?#\s]+([/?#]|$)|#", re.IGNORECASE)
_WITHOUT_VARIABLES = re.compile(r"(mailto|tel):[^\s]+", re.IGNORECASE)
UNSUBSCRIBE, POSTAL_ADDRESS = "links.unsubscribe", "shop.postal_address"


def problems_of(html: str, known: Mapping[str, Variable], line_of: Callable[[str], int | None]) -> list[Problem]:
    """What is wrong with compiled HTML; `line_of` gives the line of the source where a piece of text first stands."""
    reader = _Reader(hide(html), known, line_of)
    reader.feed(reader.hidden.text)
    reader.close()
    # Liquid can take the blanks beside it away: what is text now could become an element.
    for begun in re.finditer(rf"<[\s/!?]*{reader.hidden.words.pattern}", reader.hidden.text):
        reader.unsafe("a variable cannot make an element", reader.hidden.tokens[int(begun[1])])
    if _OTHER_ENDS.search(reader.hidden.text):
        reader.unsafe("a comment ends in --> and nothing else")
    if not reader.ended:
        reader.unsafe("an element or attribute is not closed: what follows it is swallowed")
    reader.lacking()
    return list({(p.code, p.message, p.line): p for p in reader.problems}.values())


class _Reader(HTMLParser):
    def __init__(
        self,
        hidden: Hidden,
        known: Mapping[str, Variable],
        line_of: Callable[[str], int | None],
        *,
        outlook: bool = False,
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.hidden, self.known, self.line_of, self.outlook = hidden, known, line_of, outlook
        self.problems: list[Problem] = []
        self.ended, self.has_link, self.has_address = False, False, False
        self.depth, self.raw = 0, ""
        self.open: list[str] = []
        self.refused: set[str] = set()

    def unsafe(self, message: str, at: Token | str = "") -> None:
        """Note that something does not belong into a letter."""
        self._add("unsafe", message, at)

    def lacking(self) -> None:
        """Note what the law asks for and the letter lacks."""
        if not self.has_link:
            message = f'every letter needs a link <a href="{{{{ {UNSUBSCRIBE} }}}}">, outside of any `if` or `for`'
            self._add("no_unsubscribe_link", message)
        if not self.has_address:
            message = f"every letter needs {{{{ {POSTAL_ADDRESS} }}}} in its text, outside of any `if` or `for`"
            self._add("no_postal_address", message)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._tokens(tag):
            self.unsafe("a variable cannot make an element", self._tokens(tag)[0])
        elif not self._belongs(tag):
            self.unsafe(f"<{tag}> does not belong in a letter", f"<{tag}")
            self.refused.add(tag)
        text = self.get_starttag_text() or ""
        for token in self._tokens(_VALUE.sub("", text) if _WELL_FORMED.fullmatch(text) else text):
            self.unsafe(f"{token.text} stands within <{tag} …>, where only quoted values can have variables", token)
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        self.raw = tag if tag in ("style", "title") else ""
        self.open += [] if tag in _VOID else [tag]
        if len(self.open) == MAX_DEPTH:
            self.unsafe(f"elements are nested more than {MAX_DEPTH} deep")

    def handle_endtag(self, tag: str) -> None:
        for token in self._tokens(tag):
            self.unsafe("a variable cannot end an element", token)
        if not (self._tokens(tag) or self._belongs(tag) or tag in self.refused):
            self.unsafe(f"</{tag}> does not belong in a letter", f"</{tag}")
        self.raw = ""
        if self.open and self.open[-1] == tag:
            self.open.pop()
        self.ended = self.ended or tag == "html"

    def handle_data(self, data: str) -> None:
        if self.raw == "style":
            self._style(data)
            return
        for token in self._tokens(data):
            if token.tag is not None:
                self._tag(token)
            elif self.depth == 0 and not self.raw and _output_name(token) == POSTAL_ADDRESS:
                self.has_address = True

    def handle_comment(self, data: str) -> None:
        """Only what Outlook reads is left of comments; where one ends, programs do not agree if it holds `--`."""
        if data.startswith("[if") and "--" not in data:
            inner = _Reader(self.hidden, self.known, self.line_of, outlook=True)
            inner.feed(data.partition(">")[2].removesuffix("<![endif]").removesuffix("<!"))
            inner.close()
            self.problems += inner.problems
        elif data != "<![endif]":
            self.unsafe("a comment such as this does not belong in a letter")
        for token in (token for token in self._tokens(data) if token.tag is not None):
            self.unsafe(f"{token.text} stands within a comment", token)

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.unsafe(f"<!{decl}> does not belong in a letter")

    def unknown_decl(self, data: str) -> None:
        if data.strip() != "endif":
            self.unsafe("<![…]> does not belong in a letter")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002 - the base class's signature
        self.unsafe("<?…> does not belong in a letter")

    def _belongs(self, tag: str) -> bool:
        return tag in ELEMENTS or (self.outlook and (tag in _OUTLOOK or ":" in tag))

    def _attribute(self, tag: str, name: str, value: str) -> None:
        tokens = self._tokens(value)
        for token in (token for token in tokens if token.tag is not None):
            self.unsafe(f"{token.text} stands within {name}=…; use `| default:`, or `if` around the element", token)
        if name.startswith("on") or name in ("srcdoc", "srcset", "ping") or name.startswith("xlink:"):
            self.unsafe(f"{name}=… does not belong in a letter", name)
        elif name == "http-equiv" and value.lower() not in _HTTP_EQUIV:
            self.unsafe(f"<meta http-equiv={value!r}> does not belong in a letter", name)
        elif name == "style":
            self._style(value)
        elif name in ADDRESSES:
            self._address(tag, name, value.strip())

    def _style(self, css: str) -> None:
        for token in self._tokens(css):
            self.unsafe(f"{token.text} stands within a style", token)
        if found := _UNSAFE_CSS.search(css):
            around = css[max(found.start() - 10, 0) : found.end() + 20].strip()
            self.unsafe(f"a style holds what does not belong in a letter: …{around}…", found[0])
        if re.search(r"url\(\s*['\"]?http://", css, re.IGNORECASE):
            self._insecure("a style")

    def _address(self, tag: str, name: str, value: str) -> None:
        """An address begins with https, or with a variable that does and is followed by / ? # or nothing."""
        tokens = self._tokens(value)
        first = self.hidden.words.match(value)
        if first:
            token = self.hidden.tokens[int(first[1])]
            rest = value[first.end() :]
            if not self._is_address(token) or (rest and rest[0] not in "/?#"):
                self.unsafe(f"{name}=… must begin with https:// or an address such as {{{{ shop.url }}}}", token)
            elif tag == "a" and not rest and self.depth == 0 and _output_name(token) == UNSUBSCRIBE:
                self.has_link = True
        elif (fixed := _FIXED.match(value)) and not self._tokens(fixed[0]):
            if value.lower().startswith("http://"):
                self._insecure(f"<{tag} {name}>")
        elif tokens or tag != "a" or not _WITHOUT_VARIABLES.fullmatch(value):
            shown = tokens[0].text if tokens else repr(value[:60])
            self.unsafe(f"{name}=… of <{tag}> must begin with https://, not {shown}", tokens[0] if tokens else value)

    def _is_address(self, token: Token) -> bool:
        expression = _output(token)
        if not isinstance(expression, FilteredExpression):
            return False
        values = [expression.left]
        for filter_ in expression.filters or ():
            if filter_.name != "default":
                return False
            values += filter_.children()
        return all(self._begins_safely(value) for value in values)

    def _begins_safely(self, value: Expression) -> bool:
        if isinstance(value, StringLiteral):
            return value.value.startswith("https://")
        variable = self.known.get(name_of(value)) if isinstance(value, Path) else None
        return variable is not None and variable.type == "url"

    def _tag(self, token: Token) -> None:
        if self.raw:
            self.unsafe(f"{token.text} stands within <{self.raw}>", token)
        elif token.tag in BLOCKS:
            self.depth += 1
        elif token.tag is not None and token.tag.startswith("end"):
            self.depth -= 1

    def _tokens(self, text: str) -> list[Token]:
        return [self.hidden.tokens[index] for index in self.hidden.within(text)]

    def _insecure(self, where: str) -> None:
        message = f"{where} asks for http: without encryption; most mail programs show nothing then"
        self.problems.append(Problem(severity="warning", code="insecure_address", message=message))

    def _add(self, code: str, message: str, at: Token | str = "") -> None:
        line = self.line_of(at.text if isinstance(at, Token) else at) if at else None
        shown = self.hidden.show(message)
        self.problems.append(Problem(severity="error", code=code, message=shown, line=line))


def _output(token: Token) -> Expression | None:
    """Expression of an output; None where it cannot be read, which is said elsewhere."""
    try:
        nodes = parse(token.text, html=False).nodes
    except DialectError:
        return None
    return next(iter(nodes[0].expressions()), None) if nodes else None


def _output_name(token: Token) -> str | None:
    """Name of the variable that an output shows, filtered or not."""
    expression = _output(token)
    left = expression.left if isinstance(expression, FilteredExpression) else None
    return name_of(left) if isinstance(left, Path) else None
