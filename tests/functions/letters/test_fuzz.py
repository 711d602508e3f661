"""Letters under attack: no template and no value reaches the interpreter, runs on, or becomes markup or a header."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.template import RenderedLetter
from functions.letters.check import check
from functions.letters.dialect import DialectError
from functions.letters.markup import ELEMENTS
from functions.letters.message import message
from functions.letters.render import LetterError, LetterTemplate
from functions.letters.values import letter_values, one_line
from tests.functions.letters.writing import AROUND, LINK, SENDER, Skeleton, new, starters, values

SECONDS = 3.0
"""No check and no letter may take longer, on a busy machine at that."""
AT = datetime(2026, 3, 1, tzinfo=UTC)
ATTACKS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='x", "</style><script>", "-->",
    "{{ shop.name }}", "{% for i in (1..9) %}", "{{ customer.__class__ }}", "javascript:alert(1)", "]]>", "&lt;b&gt;",
    "a\r\nBcc: b@x.example", "a\nSubject: x", "=?utf-8?q?=0d=0aBcc:_b?=", "\x00", "\u202e", "\ud800", "%n{0.__class__}",
)  # fmt: skip
HOSTILE = st.text(max_size=80) | st.sampled_from(ATTACKS) | st.tuples(
    st.sampled_from(ATTACKS), st.text(max_size=20), st.sampled_from(ATTACKS)
).map("".join)  # fmt: skip
PIECES = st.sampled_from(
    (
        "<b>", "</b>", "<p>", "</p>", "<p title='", "'>", '">', "<a href='", "<a href='https://x.example/?", "<a ", ">",
        "<", "</", "<!--", "-->", "<style>", "</style>", "<mj-text>", "</mj-text>", "<mj-raw>", "</mj-raw>", " x ",
        "<mj-button href='", "</mj-button>", "<script>", "onclick=", "style='color:", "<mj-image src='", "'/>", "&#60;",
        "{{ shop.name }}", "{{ shop.url }}", "{{ offer.url | default: shop.url }}", "{{ customer.first_name }}",
        "{{ '<script>' }}", "{{- '\"' -}}", "{{ customer.__class__ }}", "{{ customer['__init__'].__globals__ }}",
        "{{ offer.title | append: offer.title }}", "{{ shop.name | times: 99999999 }}", "{{ shop.name | date: '%p' }}",
        "{% if offer %}", "{% else %}", "{% endif %}", "{% for r in scores.churn.reasons %}", "{{ r }}", "{% endfor %}",
        "{% for p in recommendations %}", "{{ p.name }}", "{{ p }}", "{{ p.reason | append: p.product_id }}",
        "{{ recommendations | join: '<' }}", "{{ recommendations[0].name }}", "{% if recommendations != empty %}",
        "{% assign x = shop.name | append: '<' %}", "{{ x }}", "{% comment %}", "{% endcomment %}", "{{", "}}", "{%",
        "%}", "{% raw %}", "{% endraw %}", "{% break %}", "{% case offer.kind %}", "{% when 'percent' %}",
        "{% endcase %}", "{% unless offer %}", "{% endunless %}", "{<mj-raw></mj-raw>{ shop.name }}", "\n", "ä",
    )
)  # fmt: skip


def hostile_values(text: str):
    """Values in which whatever a customer or a marketer writes is `text`."""
    offer = OfferDefinition.model_construct(
        title=text, kind="percent", value=values()["offer"]["value"], cost=1, url=f"https://x.example/{text}"
    )
    offer.value = OfferDefinition.model_validate({"title": "x", "kind": "percent", "value": 1, "cost": 1}).value
    return letter_values(
        sender=SENDER.model_copy(update={"name": text, "postal_address": text}),
        campaign_name=text,
        unsubscribe=LINK,
        traits={"first_name": text, "last_name": text},
        country=text,
        scores={"churn": {"probability": 0.5, "reasons": [{"text": text}] * 3}},
        offer=offer,
        code=text,
        recommendations=[{"name": text, "reason": text, "product_id": text}] * 3,
    )


@cache
def compiled_starters():
    return {n: LetterTemplate.of(s, check(new(mjml=m, subject=s)).html) for n, (s, m) in starters().items()}


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_no_value_changes_the_markup_of_a_starter(text):
    # GIVEN a customer, an offer and a shop all of whose texts are an attack
    hostile = hostile_values(text)
    for template in compiled_starters().values():
        # WHEN each starter is rendered with it, and with harmless values of which the same are known
        harmless = values()
        for group in ("customer", "offer"):
            harmless[group] = dict.fromkeys(hostile[group], "x") | ({"url": LINK} if group == "offer" else {})
        harmless["scores"] = {"churn": {k: ["x"] * len(v) if k == "reasons" else v for k, v in
                                        hostile["scores"]["churn"].items()}}  # fmt: skip
        harmless["recommendations"] = [{k: v and "x" for k, v in p.items()} for p in hostile["recommendations"]]
        letter, model = template.render(hostile), template.render(harmless)
        attacked, expected = Skeleton(letter.html), Skeleton(model.html)
        # THEN the markup is the same, and every address an https one
        assert attacked.elements == expected.elements
        assert all(address.startswith("https://") for address in attacked.addresses)
        assert "\n" not in letter.subject


@settings(max_examples=250, deadline=None)
@given(pieces=st.lists(PIECES, max_size=14), text=HOSTILE)
@example(pieces=["<", "{{- '<script>' }}", ">"], text="x")
@example(pieces=["<p title='", '">', "</mj-button>", "'>", "</b>"], text="x")
@example(pieces=["<mj-text>", "{% if offer %}", "<!--", "{% endif %}", "<script>", "-->", "</mj-text>"], text="x")
@example(pieces=["<mj-raw>", "<p title='", "{% if offer %}", "'>", "{% endif %}", "</p>", "</mj-raw>"], text="x")
def test_no_template_that_is_accepted_makes_markup_of_values(pieces, text):
    # GIVEN a template of arbitrary pieces
    began = time.perf_counter()
    checked = check(new(mjml=AROUND.replace("%s", "".join(pieces))))
    assert time.perf_counter() - began < SECONDS
    if checked.errors:
        return  # refused, as most are
    # WHEN it is accepted and rendered with hostile values
    began = time.perf_counter()
    try:
        letter = LetterTemplate.of("Hello", checked.html).render(hostile_values(text))
    except LetterError:
        return
    finally:
        assert time.perf_counter() - began < SECONDS
    # THEN there is nothing in it but what letters are made of
    page = Skeleton(letter.html)
    assert {element[0].removeprefix("/") for element in page.elements} <= ELEMENTS
    assert not [name for element in page.elements for name in element[1:] if name.startswith("on")]
    assert all(address.startswith("https://") for address in page.addresses)
    assert "built-in" not in letter.html and "&lt;class" not in letter.html


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(
        st.sampled_from(
            (
                "__class__",
                "__init__",
                "__globals__",
                "__mro__",
                "__subclasses__",
                "items",
                "keys",
                "env",
                "func_globals",
            )
        ),
        min_size=1,
        max_size=4,
    ),
    root=st.sampled_from(
        ("customer", "offer", "scores.churn.reasons", "shop.name", "forloop", "self", "recommendations")
    ),
)
def test_no_path_reaches_the_interpreter(names, root):
    # GIVEN a path into Python's insides, in an output, a condition or a loop
    path = ".".join([root, *names])
    for liquid in (f"{{{{ {path} }}}}", f"{{% if {path} %}}x{{% endif %}}", f"{{% for i in {path} %}}x{{% endfor %}}"):
        # WHEN a template with it is checked, and rendered all the same
        checked = check(new(f"<mj-text>{liquid}</mj-text>"))
        letter = LetterTemplate.of("Hello", liquid or "x").render(values())
        # THEN it is refused, and there was nothing there
        assert {problem.code for problem in checked.errors} == {"unknown_variable"}
        assert letter.html == ""


@settings(max_examples=40, deadline=None)
@given(
    opened=st.lists(
        st.sampled_from(("{% for a in scores.churn.reasons %}", "{% for b in scores.churn.reasons reversed %}")),
        max_size=25,
    ),
    body=st.sampled_from(("x" * 2000, "{{ a }}" * 200, "{% assign a = a | append: b | append: a %}{{ a }}")),
)
def test_no_template_runs_on(opened, body):
    # GIVEN loops within loops over as many reasons as there can be
    liquid = "".join(opened) + body + "{% endfor %}" * len(opened)
    many = values(scores={"churn": {"reasons": [{"text": "y" * 300}] * 50}})
    began = time.perf_counter()
    # WHEN it is checked and rendered
    checked = check(new(f"<mj-text>{liquid}</mj-text>"))
    with suppress(LetterError, DialectError):
        LetterTemplate.of("Hello", checked.html or "x").render(many)
    # THEN it comes to an end soon
    assert time.perf_counter() - began < SECONDS


@settings(max_examples=150, deadline=None)
@given(
    subject=HOSTILE, name=HOSTILE, text=HOSTILE, to=st.sampled_from(("a", "{}@x.example", "a@x.example{}")), bad=HOSTILE
)
@example(
    subject="a\r\nBcc: b@x.example", name="x\r\nBcc: b@x.example", text="\r\n.\r\n", to="{}", bad="a@x.example\r\nCc: b"
)
def test_nothing_becomes_a_header(subject, name, text, to, bad):
    # GIVEN a subject, a shop's name, a text and an address that try to be more
    sender = SENDER.model_copy(update={"name": name})
    clean = one_line(text)
    letter = RenderedLetter(subject=one_line(subject) or "x", html=clean, text=clean)
    # WHEN the message is made
    try:
        made = message(sender=sender, to=to.replace("{}", bad), letter=letter, at=AT, unsubscribe=LINK)
    except LetterError:
        made = message(sender=sender, to="a@x.example", letter=letter, at=AT, unsubscribe=LINK)
    # THEN it has these headers once each, one receiver, the subject as it was, and two parts
    parsed = message_from_bytes(made, policy=default)
    assert list(parsed) == [
        "From", "To", "Reply-To", "Subject", "Date", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version",
        "Content-Type",
    ]  # fmt: skip
    assert len(parsed["To"].addresses) == len(parsed["From"].addresses) == 1
    assert parsed["From"].addresses[0].addr_spec == SENDER.address
    assert parsed["Subject"].split() == letter.subject.split()
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
