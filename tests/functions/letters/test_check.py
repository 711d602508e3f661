"""What is said of a template when it is saved: every problem, named, with its line."""

import pytest

from commerce.campaigns.template import MAX_BYTES
from functions.letters.check import check
from tests.functions.letters.writing import FOOTER, errors, found, new


def test_a_letter_that_is_right_is_compiled_with_its_liquid_kept():
    # GIVEN a template with an offer that only some have
    piece = "<mj-raw>{% if offer %}</mj-raw><mj-text>{{ offer.title }}</mj-text><mj-raw>{% endif %}</mj-raw>"
    # WHEN it is checked
    checked = check(new(piece, subject="{{ customer.first_name | default: 'Hello' }}"))
    # THEN there is nothing to say, and Liquid stands in the HTML
    assert checked.problems == []
    assert "{% if offer %}" in checked.html
    assert checked.variables == [
        "customer.first_name", "links.unsubscribe", "offer.title", "shop.postal_address"
    ]  # fmt: skip


def test_all_problems_are_told_at_once_with_their_lines():
    # GIVEN a template with four mistakes on as many lines
    piece = (
        "<mj-text>{{ customer.firstname }}</mj-text>\n"
        "<mj-raw><script>x</script></mj-raw>\n"
        '<mj-text><a href="javascript:x">a</a></mj-text>\n'
        "<mj-text>{{ offer.code }}</mj-text>"
    )
    # WHEN it is checked
    # THEN each is there, on its line
    assert found(piece) == [
        ("error", "unknown_variable", 2),
        ("warning", "may_be_absent", 5),
        ("error", "unsafe", 3),
        ("error", "unsafe", 4),
    ]


@pytest.mark.parametrize(
    ("named", "nearest"),
    [
        ("customer.firstname", "customer.first_name"),
        ("offer.titel", "offer.title"),
        ("score.churn.probability", "scores.churn.probability"),
        ("links.unsubscribe_url", "links.unsubscribe"),
    ],
)
def test_an_unknown_variable_is_named_with_the_nearest_there_is(named, nearest):
    # GIVEN a misspelt variable
    # WHEN the template is checked
    checked = check(new(f"<mj-text>{{{{ {named} }}}}</mj-text>"))
    # THEN the message says what was likely meant
    assert [p.message for p in checked.errors] == [f"there is no variable {named}; did you mean {nearest}?"]


@pytest.mark.parametrize(
    "piece",
    [
        "<mj-text>{{ customer.__class__.__mro__ }}</mj-text>",
        "<mj-text>{{ customer['__init__'] }}</mj-text>",
        "<mj-text>{{ offer }}</mj-text>",
        "<mj-text>{{ now }}</mj-text>",
        "<mj-text>{% for r in scores.churn.reasons %}{{ r.text }}{% endfor %}</mj-text>",
        "<mj-text>{% for r in scores.churn.reasons %}{{ forloop.parentloop }}{% endfor %}</mj-text>",
        "<mj-text>{% for r in scores.churn.reasons %}{% endfor %}{{ r }}</mj-text>",
        "<mj-text>{% if customer.age > 3 %}x{% endif %}</mj-text>",
        "<mj-text>{% for p in recommendations %}{{ p.nmae }}{% else %}x{% endfor %}</mj-text>",
        "<mj-text>{% for p in recommendations %}{{ p.name.first }}{% else %}x{% endfor %}</mj-text>",
        "<mj-text>{% for p in recommendations %}{% else %}{{ p.name }}{% endfor %}</mj-text>",
        "<mj-text>{{ recommendations.name | default: 'x' }}</mj-text>",
        "<mj-text>{{ recommendations[0].price | default: 'x' }}</mj-text>",
        "<mj-text>{% for r in scores.churn.reasons %}{{ r.name }}{% endfor %}</mj-text>",
    ],
)
def test_what_no_customer_has_is_refused(piece):
    # GIVEN a name beyond the catalogue
    # WHEN the template is checked
    # THEN it is refused for that
    assert errors(piece) == {"unknown_variable"}


@pytest.mark.parametrize(
    ("piece", "warned"),
    [
        ("<mj-text>{{ offer.code }}</mj-text>", True),
        ("<mj-text>{{ offer.code | upcase }}</mj-text>", True),
        ("<mj-text>{% if offer %}x{% else %}{{ offer.code }}{% endif %}</mj-text>", True),
        ("<mj-text>{% unless offer %}{{ offer.code }}{% endunless %}</mj-text>", True),
        ("<mj-text>{{ offer.code | default: 'none' }}</mj-text>", False),
        ("<mj-text>{% if offer.code %}{{ offer.code }}{% endif %}</mj-text>", False),
        ("<mj-text>{% if offer %}{{ offer.code }}{% endif %}</mj-text>", False),
        ("<mj-text>{% unless offer %}x{% else %}{{ offer.code }}{% endunless %}</mj-text>", False),
        ("<mj-text>{% for r in scores.churn.reasons %}{{ r }}{% endfor %}</mj-text>", False),
        ("<mj-text>{{ shop.name }}</mj-text>", False),
        ("{% for p in recommendations %}{{ p.name }}{% endfor %}", True),
        ("{{ recommendations }}", True),
        ("{{ recommendations[0].name }}", True),
        ("{% if offer %}{% for p in recommendations %}{{ p.name }}{% endfor %}{% endif %}", True),
        ("{% if recommendations %}<mj-text>For you</mj-text>{% endif %}", True),
        ("{% if offer and recommendations.size %}<mj-text>For you</mj-text>{% endif %}", True),
        ("{% for p in recommendations %}{{ p }} {{ p.reason }}{% else %}x{% endfor %}", False),
        ("{% if recommendations != empty %}{% for p in recommendations %}{{ p.name }}{% endfor %}{% endif %}", False),
        ("{% if recommendations == empty %}x{% else %}{{ recommendations.first.name }}{% endif %}", False),
        ("{% if recommendations.size > 2 %}{% for p in recommendations %}{{ p.name }}{% endfor %}{% endif %}", False),
        ("{% if recommendations[0] %}{{ recommendations[0].name }}{% endif %}", False),
        ("{{ recommendations | size }} {{ recommendations.size }} {{ recommendations | default: 'x' }}", False),
    ],
)
def test_a_value_that_may_be_absent_is_warned_of_unless_it_is_provided_for(piece, warned):
    # GIVEN a variable that not every customer has
    # WHEN the template is checked
    # THEN its author is warned where a gap would show, and may save it all the same
    assert found(piece) == ([("warning", "may_be_absent", 2)] if warned else [])


@pytest.mark.parametrize("over", ["shop.name", "recommendations[0]", "recommendations.first.name", "p", "p.name"])
def test_only_a_list_can_be_gone_through(over):
    # GIVEN a loop over one value, within one over products
    piece = f"{{% for p in recommendations %}}{{% for x in {over} %}}x{{% endfor %}}{{% else %}}y{{% endfor %}}"
    # WHEN the template is checked
    # THEN it is refused for that
    assert errors(piece) == {"not_a_list"}


def test_a_product_is_told_with_what_it_has():
    # GIVEN a misspelt part of a product
    piece = "{% for p in recommendations %}{{ p.price }}{% else %}x{% endfor %}"
    # WHEN the template is checked
    # THEN the message says what there is
    message = "there is no p.price: a product of recommendations has name, reason, product_id"
    assert [p.message for p in check(new(piece)).errors] == [message]


def test_a_name_within_a_loop_stands_for_its_product_and_no_longer():
    # GIVEN loops whose names are the same
    inner = "{% for p in scores.churn.reasons %}{{ p }}{% endfor %}"
    piece = f"{{% for p in recommendations %}}{inner}{{{{ p.name }}}}{{% else %}}x{{% endfor %}}"
    # WHEN they are within each other, and after each other
    # THEN each name is what its own loop makes it
    assert found(piece) == []
    assert errors(f"{piece}{inner.replace('{{ p }}', '{{ p.name }}')}") == {"unknown_variable"}


@pytest.mark.parametrize(
    "mjml",
    [
        "<mjml><mj-body><mj-text>{{ shop.postal_address }}</mj-text></mj-body></mjml>",
        f"<mjml><mj-body>{{% if offer %}}{FOOTER}{{% endif %}}{{{{ shop.postal_address }}}}</mj-body></mjml>",
        "<mjml><mj-body><mj-text>{{ shop.postal_address }} {{ links.unsubscribe }}</mj-text></mj-body></mjml>",
        "<mjml><mj-body><mj-text>{{ shop.postal_address }}"
        '<a style="display: none" href="{{ links.unsubscribe }}">x</a></mj-text></mj-body></mjml>',
        "<mjml><mj-body><mj-text>{{ shop.postal_address }}"
        '<!-- <a href="{{ links.unsubscribe }}">x</a> --></mj-text></mj-body></mjml>',
    ],
)
def test_every_customer_must_see_the_unsubscribe_link(mjml):
    # GIVEN a letter without it, with it for some only, as mere text, hidden, or commented out
    # WHEN it is checked
    # THEN it cannot be saved
    assert errors("", mjml=mjml) == {"no_unsubscribe_link"}


@pytest.mark.parametrize(
    "before",
    ["", "{% if offer %}{{ shop.postal_address }}{% endif %}", '<span title="{{ shop.postal_address }}">x</span>'],
)
def test_every_customer_must_see_the_postal_address(before):
    # GIVEN a letter without the address in its text, or with it for some only
    mjml = f'<mjml><mj-body><mj-text>{before}<a href="{{{{ links.unsubscribe }}}}">x</a></mj-text></mj-body></mjml>'
    # WHEN it is checked
    # THEN it cannot be saved
    assert errors("", mjml=mjml) == {"no_postal_address"}


def test_a_letter_that_gmail_would_cut_off_is_refused():
    # GIVEN MJML that makes more HTML than a letter may have
    piece = "<mj-text>x</mj-text>" * 500
    # WHEN it is checked
    # THEN its size is the problem
    assert len(piece) < MAX_BYTES
    assert errors(piece) == {"too_large"}


@pytest.mark.parametrize("nested", ["<p>", "<mj-wrapper>", "<mj-raw><b>", "<i>x"])
@pytest.mark.parametrize("closed", [True, False])
def test_elements_nested_without_end_are_refused(nested, closed):
    # GIVEN a template with thousands of elements within each other, closed or not
    count = 60_000 // len(nested)
    names = [name.strip("<").partition(">")[0] for name in nested.split("<") if name]
    ends = "".join(f"</{name}>" for name in reversed(names))
    for many in (count if not closed else count // 2, 3900 // len(names), 1900 // len(names), 200):
        # WHEN it is checked
        # THEN it is refused, and the process lives
        assert errors(nested * many + (ends * many if closed else ""))


def test_size_is_counted_in_bytes():
    # GIVEN MJML whose characters are within the limit and whose bytes are not
    piece = f"<mj-text>{'ä' * (MAX_BYTES // 2)}</mj-text>"
    # WHEN it is checked
    # THEN its size is the problem
    assert errors(piece) == {"too_large"}


@pytest.mark.parametrize(
    "piece",
    [
        "<mj-raw><script>alert(1)</script></mj-raw>",
        '<mj-raw><iframe src="https://x.example/"></iframe></mj-raw>',
        '<mj-raw><object data="https://x.example/"></object></mj-raw>',
        '<mj-raw><embed src="https://x.example/" /></mj-raw>',
        '<mj-raw><form action="https://x.example/"><input name="a" /></form></mj-raw>',
        '<mj-raw><svg><a href="https://x.example/">x</a></svg></mj-raw>',
        '<mj-raw><base href="https://x.example/" /></mj-raw>',
        '<mj-raw><link rel="stylesheet" href="https://x.example/a.css" /></mj-raw>',
        '<mj-raw><meta http-equiv="refresh" content="0; url=https://x.example/" /></mj-raw>',
        '<mj-raw><a onclick="x()" href="https://x.example/">x</a></mj-raw>',
        '<mj-raw><img src="https://x.example/a.png" OnError="x()" /></mj-raw>',
        '<mj-raw><img srcset="https://x.example/a.png 2x" /></mj-raw>',
        '<mj-text><a href="javascript:x">x</a></mj-text>',
        '<mj-text><a href=" JaVaScRiPt:x">x</a></mj-text>',
        '<mj-text><a href="java&#115;cript:x">x</a></mj-text>',
        '<mj-text><a href="vbscript:x">x</a></mj-text>',
        '<mj-text><a href="/relative">x</a></mj-text>',
        '<mj-text><a href="">x</a></mj-text>',
        '<mj-image src="data:image/png;base64,AAAA" />',
        '<mj-button href="data:text/html,x">x</mj-button>',
        '<mj-image src="cid:logo" />',
        '<mj-raw><p style="background: url(javascript:x)">x</p></mj-raw>',
        '<mj-raw><p style="width: expression(x)">x</p></mj-raw>',
        '<mj-raw><style>@import "https://x.example/a.css";</style></mj-raw>',
        '<mj-raw><p style="background: url(\'data:image/png;base64,AAAA\')">x</p></mj-raw>',
        '<mj-raw><!--[if mso]><script>x</script><![endif]--></mj-raw>',
        "<mj-foo>x</mj-foo>",
        "<mj-carousel><mj-carousel-image src='https://x.example/a.png' /></mj-carousel>",
    ],
)  # fmt: skip
def test_markup_that_does_not_belong_in_a_letter_is_refused(piece):
    # GIVEN such markup
    # WHEN the template is checked
    # THEN it is refused for that
    assert errors(piece) == {"unsafe"}


@pytest.mark.parametrize(
    "piece",
    [
        "<mj-raw><a {{ customer.first_name | default: 'x' }}>x</a></mj-raw>",
        "<mj-raw><p style='color: {{ shop.name }}'>x</p></mj-raw>",
        "<mj-button background-color='{{ shop.name }}' href='{{ shop.url }}'>x</mj-button>",
        "<mj-raw><style>p { color: {{ shop.name }} }</style></mj-raw>",
        "<mj-text><a href='{{ shop.name }}'>x</a></mj-text>",
        "<mj-text><a href='{{ customer.first_name | default: shop.url }}'>x</a></mj-text>",
        "<mj-text><a href=\"{{ offer.url | default: 'javascript:x' }}\">x</a></mj-text>",
        "<mj-text><a href='{{ shop.url | upcase }}'>x</a></mj-text>",
        "<mj-text><a href='{{ shop.url }}{{ shop.name }}'>x</a></mj-text>",
        "<mj-text><a href='{{ shop.url }}.evil.example'>x</a></mj-text>",
        "<mj-text><a href='https://{{ shop.name }}'>x</a></mj-text>",
        "<mj-text><a href='https://shop.example{{ shop.name }}'>x</a></mj-text>",
        "<mj-text><a href='mailto:{{ shop.name }}'>x</a></mj-text>",
        "<mj-text><a href='{% if offer %}https://a.example/{% endif %}'>x</a></mj-text>",
        "<mj-text><span title='{% if offer %}a{% endif %}'>x</span></mj-text>",
        "<mj-raw><style>{% if offer %}p{% endif %}</style></mj-raw>",
        "<mj-raw><!--[if mso]>{% if offer %}<p>x</p>{% endif %}<![endif]--></mj-raw>",
    ],
)
def test_a_variable_may_only_stand_where_it_cannot_become_markup(piece):
    # GIVEN a variable or a tag in such a place
    # WHEN the template is checked
    # THEN it is refused, whatever the value would be
    assert errors(piece) == {"unsafe"}


@pytest.mark.parametrize(
    "piece",
    [
        "<mj-text><a href='{{ offer.url | default: shop.url }}'>x</a></mj-text>",
        "<mj-text><a href='{{ shop.url }}/new?c={{ campaign.name | url_encode }}'>x</a></mj-text>",
        "<mj-text><a href='https://shop.example/?c={{ campaign.name | url_encode }}'>x</a></mj-text>",
        "<mj-text><a href='mailto:help@shop.example'>x</a> <a href='tel:+49123'>y</a> <a href='#top'>z</a></mj-text>",
        "<mj-text><span title='{{ shop.name }}'>x</span></mj-text>",
        "<mj-image src='https://shop.example/a.png' alt='{{ shop.name }}' />",
        "<mj-hero background-url='https://shop.example/a.png'><mj-text>x</mj-text></mj-hero>",
        "<mj-social><mj-social-element href='https://x.example/'>x</mj-social-element></mj-social>",
        "<mj-table><tr><td>{{ shop.name }}</td></tr></mj-table>",
        "{% if offer %}<mj-text>x</mj-text>{% endif %}",
        "<mj-text>{% if scores.churn.probability > 0.5 and customer.country == 'DE' %}x{% endif %}</mj-text>",
        "<mj-text>{% case offer.kind %}{% when 'percent' %}x{% else %}y{% endcase %}</mj-text>",
        "<mj-text>{% assign p = scores.churn.probability | times: 100 %}{% if p > 50 %}{{ p }}{% endif %}</mj-text>",
        "Übersicht<mj-text>Käse, 日本, 😀</mj-text>é",
        "<mj-text>{% comment %} a note {% endcomment %}{% # another %}x</mj-text>",
        "<!-- <script>x</script> {{ nonsense -->\n<mj-text>x</mj-text>",
    ],
)
def test_what_letters_are_made_of_is_allowed(piece):
    # GIVEN usual building blocks
    # WHEN the template is checked
    # THEN there is nothing to say
    assert found(piece) == []


@pytest.mark.parametrize(
    ("piece", "line"),
    [
        ("<mj-text>\n<b>x</mj-text>", 3),
        ("<mj-text>\n\na < b</mj-text>", 4),
        ("<mj-text><a href=x>y</a></mj-text>", 2),
        ("\n<mj-include path='other.mjml' />", 3),
        ("{{ shop.name |\n upcase }}\n<mj-text><i>x</mj-text>", 4),
    ],
)
def test_mjml_that_does_not_compile_is_refused_with_its_line(piece, line):
    # GIVEN MJML with a mistake
    # WHEN it is checked
    # THEN the line of the mistake is told, lines within Liquid counted
    assert ("error", "mjml", line) in found(piece)


@pytest.mark.parametrize(
    "piece",
    [
        "<mj-text>{{ shop.name | safe }}</mj-text>",
        "<mj-text>{{ shop.name | escape }}</mj-text>",
        "<mj-text>{{ shop.name | replace: 'a', 'b' }}</mj-text>",
        "<mj-text>{% include 'x' %}</mj-text>",
        "<mj-text>{% render 'x' %}</mj-text>",
        "<mj-text>{% capture x %}<b>x</b>{% endcapture %}</mj-text>",
        "<mj-text>{% raw %}{{ x }}{% endraw %}</mj-text>",
        "<mj-text>{% liquid echo shop.name %}</mj-text>",
        "<mj-text>{% for i in (1..1000000000) %}x{% endfor %}</mj-text>",
        "<mj-text>{{ customer[offer.code] }}</mj-text>",
        "<mj-text>{% if offer %}x</mj-text>",
        "<mj-text>{{ shop.name </mj-text>",
        "<mj-text>{{ | }}</mj-text>",
        "<mj-text>{% %}</mj-text>",
        "<mj-text>{% doc %}x{% enddoc %}</mj-text>",
        f"<mj-text>{{{{{' ' * 50_000}}}}}</mj-text>",
        f"<mj-text>{{{{{' ' * 50_000}</mj-text>",
        f"<mj-text>{{{{ shop.name {'| upcase' * 1000} }}}}</mj-text>",
        f"<mj-text>{'{% raw %}' * 10_000}</mj-text>",
    ],
)
def test_liquid_beyond_the_dialect_of_letters_is_refused(piece):
    # GIVEN a tag, filter or expression that letters do not have
    # WHEN the template is checked
    # THEN that is what is said
    assert errors(piece) == {"liquid"}


def test_a_name_of_letters_cannot_be_taken():
    # GIVEN a template that would put another link in the place of the customer's own
    piece = "<mj-text>{% assign links = shop %}{% for shop in scores.churn.reasons %}x{% endfor %}</mj-text>"
    # WHEN it is checked
    # THEN both names are refused
    assert [p.code for p in check(new(piece)).errors].count("name_taken") == 2


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        ("<mj-text>{<!-- -->{ customer.secret }<!-- -->}</mj-text>", "unknown_variable"),
        ("{<mj-raw></mj-raw>{ customer.secret }}", "mjml"),
    ],
)
def test_liquid_cannot_be_put_together_from_pieces(piece, code):
    # GIVEN pieces that become Liquid when what stands between them is compiled away
    # WHEN the template is checked
    # THEN it is looked at as what it becomes, or refused
    assert errors(piece) == {code}


def test_an_unencrypted_address_is_warned_of():
    # GIVEN a link and a picture without encryption
    piece = '<mj-text><a href="http://shop.example/">x</a></mj-text><mj-image src="http://shop.example/a.png" />'
    # WHEN the template is checked
    # THEN both are warned of
    assert [p[:2] for p in found(piece)] == [("warning", "insecure_address")] * 2


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("{{ customer.name }}", "unknown_variable"),
        ("{{ shop.name", "liquid"),
        ("{{ shop.name | safe }}", "liquid"),
        ("{{ offer.title }}", "not_renderable"),
        ("{% if offer %}An offer{% endif %}", "not_renderable"),
    ],
)
def test_a_subject_is_checked_too_and_never_empty(subject, code):
    # GIVEN a subject that is wrong, or that would be empty for some
    # WHEN the template is checked
    # THEN it is refused
    assert errors("<mj-text>x</mj-text>", subject=subject) == {code}
