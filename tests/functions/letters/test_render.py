"""A letter of one customer: subject, HTML and plain text from one template, whatever is known of them."""

import time

import pytest

from commerce.campaigns.template import TemplateVersion
from functions.letters.dialect import DialectError, parse
from functions.letters.render import LetterError, LetterTemplate
from tests.functions.letters.writing import LINK, compiled, of_a_stranger, values

HELLO = "<mj-text>Hello {{ customer.first_name | default: 'you' }}</mj-text>"


def test_a_value_is_written_into_all_three_parts():
    # GIVEN a template that greets by name in subject and text
    template = compiled(HELLO, "For {{ customer.first_name | default: 'you' }}")
    # WHEN it is rendered for a customer whose name has characters of markup
    letter = template.render(values(traits={"first_name": "Ann & <b>Bo</b>"}))
    # THEN HTML has it escaped, subject and text as it is
    assert letter.subject == "For Ann & <b>Bo</b>"
    assert "Hello Ann &amp; &lt;b&gt;Bo&lt;/b&gt;" in letter.html
    assert letter.text.startswith("Hello Ann & <b>Bo</b>\n")


def test_what_is_not_known_is_left_out_or_replaced():
    # GIVEN a template with an offer in a block and a name with a stand-in
    template = compiled(f"{HELLO}{{% if offer %}}<mj-text>{{{{ offer.title }}}}</mj-text>{{% endif %}}")
    # WHEN it is rendered for somebody of whom nothing is known, and for somebody else
    stranger, known = template.render(of_a_stranger()), template.render(values())
    # THEN the one gets a whole letter without gaps, the other the offer
    assert "Hello you" in stranger.text
    assert "10 % off" not in stranger.html
    assert "10 % off" in known.html


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("scores.churn.probability", "0.7"),
        ("scores.churn.probability | times: 100 | round", "70"),
        ("scores.churn.reasons", "no order for 60 days"),
        ("scores.churn.reasons | first", "no order for 60 days"),
        ("scores.churn.reasons[0] | truncate: 9", "no order…"),
        ("scores.churn.reasons | size", "1"),
        ("recommendations", "Apron &amp; bib, Bowl"),
        ("recommendations | join: ' or '", "Apron &amp; bib or Bowl"),
        ("recommendations | size", "2"),
        ("recommendations.first.name | upcase", "APRON &amp; BIB"),
        ("recommendations[1].reason", "you bought it before"),
        ("recommendations[9].name | default: 'x'", "x"),
        ("recommendations[0].items", ""),
        ("offer.value", "10"),
        ("offer.value | divided_by: 4", "2"),
        ("offer.value | divided_by: 4.0", "2.5"),
        ("offer.value | plus: 1 | minus: 2 | at_most: 8 | at_least: 3", "8"),
        ("offer.expires_on | date: '%-d %B %Y'", "31 January 2030"),
        ("offer.expires_on | date: '%d.%m.%y'", "31.01.30"),
        ("offer.title | date: '%d'", ""),
        ("customer.first_name | upcase | append: '!' | prepend: '¡'", "¡ROBIN!"),
        ("customer.first_name | downcase | capitalize", "Robin"),
        ("shop.postal_address | truncatewords: 3", "1 Market Street,…"),
        ("campaign.name | url_encode", "Win-back"),
        ("scores.churn.probability | ceil", "1"),
        ("scores.churn.probability | floor", "0"),
        ("scores.churn.probability | round: -99999999", "1"),
        ("customer.missing | default: 'x'", "x"),
        ("customer.__class__", ""),
        ("customer.items", ""),
        ("offer", ""),
        ("'<b>' | append: '<i>'", "&lt;b&gt;&lt;i&gt;"),
    ],
)
def test_filters_and_paths_say_what_they_should(expression, shown):
    # GIVEN an output
    template = parse(f"{{{{ {expression} }}}}", html=True)
    # WHEN it is rendered
    # THEN this is what a letter shows
    assert template.render(**values()) == shown


@pytest.mark.parametrize(
    "liquid",
    [
        "{{ offer.value | divided_by: 0 }}",
        "{{ offer.expires_on | date: '%999999999d' }}",
        "{{ 999999999999999 | times: 999999999999999 | times: 2 }}",
        "{{ offer.value | plus }}",
        "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
        "{% for a in many %}{% for b in many %}{{ b }}{% endfor %}{% endfor %}",
    ],
)
def test_a_letter_that_cannot_be_made_fails_alone_and_soon(liquid):
    # GIVEN a template that does too much, or what cannot be done
    template = LetterTemplate(*(parse(text, html=False) for text in ("Hello", liquid, "Hello")))
    # WHEN it is rendered
    began = time.perf_counter()
    with pytest.raises(LetterError) as caught:
        template.render(values() | {"many": ["x"] * 100})
    # THEN that letter fails, within moments, and its error holds nothing of the customer
    assert time.perf_counter() - began < 2
    assert "Robin" not in str(caught.value)


def test_blocks_are_not_nested_without_end():
    # GIVEN a template of a thousand nested blocks
    liquid = "{% if offer %}" * 1000 + "{% endif %}" * 1000
    # WHEN it is read
    # THEN it is refused
    with pytest.raises(DialectError):
        parse(liquid, html=True)


def version(html, subject="Hello"):
    texts = {"name": "t", "subject": subject, "mjml": "", "html": html, "author": "Robin", "comment": ""}
    return TemplateVersion(id="test", version=1, created_at="2026-03-01T12:00:00Z", **texts)


def test_a_campaigns_own_subject_goes_over_the_templates():
    # GIVEN a saved version, and an arm that has a subject of its own
    template = LetterTemplate.compile(version("<p>x</p>"), "For {{ customer.first_name }}")
    # WHEN it is rendered
    # THEN the arm's subject is used
    assert template.render(values()).subject == "For Robin"


@pytest.mark.parametrize("subject", ["{{ shop.name", "{{ customer.nickname }}", " {{ offer.none }} "])
def test_a_subject_that_is_wrong_or_empty_fails_the_letter(subject):
    # GIVEN an arm's subject that cannot be read, or that says nothing
    # WHEN a letter is to be made with it
    # THEN there is none, rather than one without a subject
    with pytest.raises(LetterError):
        LetterTemplate.compile(version("<p>x</p>"), subject).render(values())


def test_products_are_shown_one_by_one_and_something_else_where_there_are_none():
    # GIVEN a template with a loop over recommendations
    piece = (
        "{% for product in recommendations %}<mj-text>{{ product.name }}: {{ product.reason }}</mj-text>"
        "{% else %}<mj-text>Come and see</mj-text>{% endfor %}"
    )
    template = compiled(piece)
    # WHEN it is rendered for somebody with recommendations, and for somebody without
    known, stranger = template.render(values()), template.render(of_a_stranger())
    # THEN the one sees each with its reason, escaped, the other what stands in for them
    assert "Apron &amp; bib: goes with what you bought" in known.html
    assert "Bowl: you bought it before" in known.text
    assert "Come and see" in stranger.text and "Come and see" not in known.text


@pytest.mark.parametrize(
    ("subject", "html", "uses"),
    [
        ("Hello", "<p>{% if recommendations != empty %}x{% endif %}</p>", True),
        ("{{ recommendations.first.name | default: 'Hello' }}", "<p>x</p>", True),
        ("Hello", "<p>{% for p in recommendations %}{{ p.name }}{% endfor %}</p>", True),
        ("Hello", "<p>{{ offer.title | append: shop.name }} recommendations</p>", False),
    ],
)
def test_a_letter_tells_whether_it_uses_a_variable(subject, html, uses):
    # GIVEN a version that uses recommendations somewhere, or only the word
    template = LetterTemplate.compile(version(html), subject)
    # WHEN it is asked
    # THEN it knows
    assert template.uses("recommendations") is uses


def test_the_plain_text_reads_like_a_letter():
    # GIVEN a letter with columns, a picture, a button, a hidden line and a loop
    piece = """
    <mj-raw><div style="display:none">hidden</div></mj-raw>
    <mj-image src="https://shop.example/a.png" alt="A red door" />
    <mj-text><h1>New &amp; near</h1><p>Two words.<br />Three more words.</p></mj-text>
    <mj-table><tr><td>Left</td><td>Right</td></tr></mj-table>
    {% for reason in scores.churn.reasons %}<mj-text>{{ reason }}</mj-text>{% endfor %}
    <mj-button href="{{ offer.url | default: shop.url }}">Have a look</mj-button>
    """
    # WHEN it is rendered
    letter = compiled(piece).render(values())
    # THEN it reads from top to bottom, links with their addresses, nothing hidden, no more than one blank line
    assert [line for line in letter.text.splitlines() if line] == [
        "A red door", "New & near", "Two words.", "Three more words.", "Left", "Right", "no order for 60 days",
        "Have a look <https://shop.example>", f"1 Market Street, 12345 Exampleton Unsubscribe <{LINK}>",
    ]  # fmt: skip
    assert "\n\n\n" not in letter.text
