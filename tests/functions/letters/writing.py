"""What the tests of letters share: a shop, a customer, and a template around the piece that a test is about."""

import json
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.shop import Sender
from commerce.campaigns.template import NewTemplate
from functions.letters.check import check
from functions.letters.render import LetterTemplate
from functions.letters.values import letter_values

STARTERS = Path(__file__).parents[3] / "functions" / "letters" / "starters"
SENDER = Sender(
    name="Käse & Söhne",
    url="https://shop.example",
    address="letters@shop.example",
    reply_to="help@shop.example",
    postal_address="1 Market Street, 12345 Exampleton",
)
OFFER = OfferDefinition.model_validate({"title": "10 % off", "kind": "percent", "value": "10", "cost": "2.5"})
ITEMS = [
    {"product_id": "p-1", "position": 1, "name": "Apron & bib", "score": 0.9, "reason": "goes with what you bought"},
    {"product_id": "p-2", "position": 2, "name": "Bowl", "score": 0.8, "reason": "you bought it before"},
]
LINK = "https://api.shop.example/v1/unsubscribe?token=abc"
FOOTER = '<mj-text>{{ shop.postal_address }} <a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text>'
AROUND = (
    "<mjml><mj-body><mj-section><mj-column>\n"  # what a test is about begins on line 2
    "%s\n" + FOOTER + "</mj-column></mj-section></mj-body></mjml>"
)


def new(piece: str = "<mj-text>Hello</mj-text>", *, subject: str = "Hello", mjml: str | None = None) -> NewTemplate:
    """A template that holds `piece`, or that is `mjml`."""
    return NewTemplate(name="Test", subject=subject, mjml=mjml or AROUND.replace("%s", piece), author="Robin")


def found(piece: str, **changes) -> list[tuple[str, str, int | None]]:
    """What is wrong with it: severity, code and line."""
    return [(p.severity, p.code, p.line) for p in check(new(piece, **changes)).problems]


def errors(piece: str, **changes) -> set[str]:
    """Codes of what keeps it from being saved."""
    return {problem.code for problem in check(new(piece, **changes)).errors}


def compiled(piece: str, subject: str = "Hello") -> LetterTemplate:
    """The template of a piece that is found right."""
    checked = check(new(piece, subject=subject))
    assert checked.errors == []
    return LetterTemplate.of(subject, checked.html)


def values(**changes):
    """Of a customer of whom everything is known."""
    known = {
        "sender": SENDER,
        "campaign_name": "Win-back",
        "unsubscribe": LINK,
        "traits": {"first_name": "Robin", "last_name": "Lee"},
        "country": "DE",
        "scores": {
            "churn": {"probability": 0.7, "reasons": [{"text": "no order for 60 days", "contribution": 0.4}]},
            "accounts": {"probability": 0.1, "reasons": [{"text": "3 accounts of this group", "contribution": 0.2}]},
        },
        "offer": OFFER,
        "code": "7KQ2M9XD44TB",
        "expires_on": date(2030, 1, 31),
        "recommendations": ITEMS,
    }
    return letter_values(**known | changes)


def of_a_stranger():
    """Values of a customer of whom nothing is known, in a campaign without an offer."""
    return letter_values(sender=SENDER, campaign_name="Win-back", unsubscribe=LINK)


@cache
def starters() -> dict[str, tuple[str, str]]:
    """Subject and MJML of each starter template."""
    index = json.loads((STARTERS / "index.json").read_text("utf-8"))
    return {entry["id"]: (entry["subject"], (STARTERS / entry["file"]).read_text("utf-8")) for entry in index}


class Skeleton(HTMLParser):
    """The markup of a page without its words: elements with the names of their attributes, and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "background")]

    def handle_endtag(self, tag):
        self.elements.append((f"/{tag}",))
