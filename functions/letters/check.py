"""What is looked at when a template is saved: all of it at once, so that an author sees every problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from commerce.campaigns.profile import nested
from commerce.campaigns.template import MAX_BYTES, NewTemplate, Problem
from functions.letters import markup, names
from functions.letters.dialect import DialectError, parse
from functions.letters.layout import LayoutError, to_html, without_comments
from functions.letters.markup import POSTAL_ADDRESS, UNSUBSCRIBE
from functions.letters.render import LetterError, LetterTemplate

_ASKED_FOR = ("no_unsubscribe_link", "no_postal_address")
HIDDEN = "is in the letter but cannot be seen: it is within an element that is not shown"


@dataclass(frozen=True, slots=True)
class Checked:
    """The compiled HTML, empty where there is none, the variables used, and what is wrong."""

    html: str = ""
    variables: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        """Those that keep a template from being saved."""
        return [problem for problem in self.problems if problem.severity == "error"]


def check(new: NewTemplate) -> Checked:
    """Compile the template and find what is wrong with it."""
    if (size := len(new.mjml.encode())) > MAX_BYTES:
        return Checked(problems=[_error("too_large", f"the MJML has {size} bytes, more than {MAX_BYTES}")])
    source = without_comments(new.mjml)
    in_subject, problems = _named(new.subject)
    problems = [
        problem.model_copy(update={"message": f"the subject: {problem.message}", "line": None}) for problem in problems
    ]
    in_text, wrong = _named(source)
    used, problems = sorted(in_subject | in_text), problems + wrong
    try:
        html = to_html(source)
    except LayoutError as error:
        return Checked("", used, [*problems, _error("mjml", str(error), error.line)])
    readable = not any(problem.code == "liquid" for problem in problems)
    found = markup.problems_of(html, names.catalogue(), lambda piece: _line(source, piece))
    # Where a tag is not closed, nothing can be said of what stands outside of all tags.
    problems += [problem for problem in found if readable or problem.code not in _ASKED_FOR]
    if not any(problem.severity == "error" for problem in problems):
        problems += _rendered(new.subject, html)
    return Checked(html, used, problems)


def examples(*, only_always: bool = False) -> dict[str, Any]:
    """The catalogue's made-up values, nested: of every variable, or of those that every customer has.

    Every customer has a list of products, and some an empty one.
    """
    known = [v for v in names.catalogue().values() if v.always or not only_always]
    return nested({v.name: [] if only_always and v.type == "list of products" else v.example for v in known})


def check_subject(subject: str) -> list[Problem]:
    """What is wrong with a subject alone, such as one that a campaign puts over its template's."""
    return _named(subject)[1]


def _named(text: str) -> tuple[set[str], list[Problem]]:
    """Variables that a text uses, and what is wrong with its Liquid."""
    try:
        template = parse(text, html=False)
    except DialectError as error:
        return set(), [_error("liquid", str(error), error.line)]
    return names.problems_of(template, names.catalogue())


def _rendered(subject: str, html: str) -> list[Problem]:
    """What only shows in a letter: its size, an empty subject, a link that cannot be seen."""
    problems: list[Problem] = []
    try:
        letter = LetterTemplate.of(subject, html)
        for values in (examples(), examples(only_always=True)):
            made = letter.render(values)
            if (size := len(made.html.encode())) > MAX_BYTES:
                message = f"the letter has {size} bytes, more than {MAX_BYTES}; Gmail would cut it off"
                problems.append(_error("too_large", message))
            if values["links"]["unsubscribe"] not in made.text:
                problems.append(_error("no_unsubscribe_link", f"{{{{ {UNSUBSCRIBE} }}}} {HIDDEN}"))
            if values["shop"]["postal_address"] not in made.text:
                problems.append(_error("no_postal_address", f"{{{{ {POSTAL_ADDRESS} }}}} {HIDDEN}"))
    except (DialectError, LetterError) as error:
        problems.append(_error("not_renderable", f"no letter can be made of it: {error}"))
    return list({problem.code: problem for problem in problems}.values())


def _line(source: str, piece: str) -> int | None:
    at = source.find(piece)
    return source.count("\n", 0, at) + 1 if at >= 0 else None


def _error(code: str, message: str, line: int | None = None) -> Problem:
    return Problem(severity="error", code=code, message=message, line=line)
