"""Where a variable may stand in HTML, whatever compiler made it, and what MJML itself would refuse already."""

import pytest

from functions.letters.markup import problems_of
from functions.letters.names import catalogue

ASKED_FOR = '{{ shop.postal_address }} <a href="{{ links.unsubscribe }}">x</a>'


def codes(piece: str, end: str = "</html>") -> set[str]:
    """Codes of what is wrong with a page around `piece`."""
    page = f"<!doctype html><html><body>{piece}{ASKED_FOR}</body>{end}"
    return {problem.code for problem in problems_of(page, catalogue(), lambda _: None)}


@pytest.mark.parametrize(
    "piece",
    [
        "<{{ shop.name }}>",
        "< {{- shop.name }} onclick=x>",
        "</{{ shop.name }}>",
        "<!{{ shop.name }}>",
        "<{% if offer %}script{% endif %}>",
        "<scr{{ offer.none }}ipt>",
        "<p {{ shop.name }}>x</p>",
        "<p title={{ shop.name }}>x</p>",
        '<p title=x"=" {{ shop.name }} "">x</p>',
        "<p a{{ shop.name }}='x'>x</p>",
        "<!--[if mso]>< {{- shop.name }} ><![endif]-->",
        '<!--[if mso]><p title=x"=" {{ shop.name }} "">x</p><![endif]-->',
        "<!--[if mso]>--!><script>x</script><![endif]-->",
        "<!--><script>x</script>-->",
        "<!--[if mso]>-- ><b>x</b>--><![endif]-->",
        "<!-- {{ shop.name }} -->",
        "{% if offer %}<!--{% endif %}<b>x</b>-->",
        "{% if offer %}<p title='{% endif %}'>x</p>",
        "<![CDATA[ {{ shop.name }} ]]>",
        "<?php {{ shop.name }} ?>",
        "<!DOCTYPE svg>",
        "<title>{% if offer %}x{% endif %}</title>",
        "<textarea>{{ shop.name }}</textarea>",
        "<plaintext>",
        "<noscript>x</noscript>",
        "<v:fill src='https://x.example/a.png' />",
    ],
)
def test_what_could_become_markup_is_refused(piece):
    # GIVEN HTML in which a value, or a branch, could change what is markup
    # WHEN it is read
    # THEN it is refused
    assert "unsafe" in codes(piece)


@pytest.mark.parametrize("end", ["<p title='</html>", "<!-- </html>", ""])
def test_what_swallows_the_rest_is_refused(end):
    # GIVEN HTML that does not come to its end
    # WHEN it is read
    # THEN it is refused
    assert "unsafe" in codes("", end)


def test_what_the_compiler_writes_for_outlook_is_allowed():
    # GIVEN elements that only Outlook knows, in a comment that only Outlook reads, and their counterpart
    piece = (
        '<!--[if mso | IE]><v:rect fill="true"><v:fill src="https://x.example/a.png" /></v:rect><![endif]-->'
        "<!--[if !mso]><!--><p>x</p><!--<![endif]-->"
    )
    # WHEN it is read
    # THEN there is nothing to say
    assert codes(piece) == set()
