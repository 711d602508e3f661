"""`shopkeeper templates` against a server that answers as the API does."""

import json

import pytest

from cli.starters import FOLDER, starters
from commerce.campaigns.template import RenderedLetter, SentTest, TemplateList, TemplateSummary
from commerce.campaigns.variables import VariableList, variables
from tests.cli.campaign_fixtures import template

LETTER = RenderedLetter(subject="Hello [1959]", html="<p>Hello</p>", text="Hello", made_up=["offer.code"])


@pytest.fixture
def mjml(tmp_path):
    file = tmp_path / "letter.mjml"
    file.write_text("<mjml></mjml>")
    return file


def test_templates_are_listed(api, run):
    # GIVEN one template
    summary = TemplateSummary(**template().model_dump(include=set(TemplateSummary.model_fields)))
    api.says("GET /v1/templates", TemplateList(templates=[summary]))
    # WHEN they are listed both ways
    shown, plain = run("templates", "list"), run("templates", "list", "--json")
    # THEN it is told with its version, and the key was sent along
    assert "win-back" in shown.stdout
    assert json.loads(plain.stdout)["templates"][0]["version"] == 3
    assert api.asked[0].headers["x-api-key"] == "a-key"


def test_a_template_is_pushed_with_what_was_said_of_it(api, run, mjml):
    # GIVEN a template file
    api.says("PUT /v1/templates/win-back", template())
    # WHEN it is pushed
    result = run(
        "templates", "push", mjml, "--id", "win-back", "--subject", "Hi", "--name", "W", "--author", "robin",
        "--comment", "warmer",
    )  # fmt: skip
    # THEN its text, name, author and comment arrive
    assert result.exit_code == 0, result.output
    assert api.asked[0].body == {
        "name": "W", "subject": "Hi", "mjml": "<mjml></mjml>", "author": "robin", "comment": "warmer",
    }  # fmt: skip


def test_what_is_wrong_with_a_template_is_told_line_by_line(api, run, mjml):
    # GIVEN a template that names an unknown variable
    problem = {"severity": "error", "code": "unknown_variable", "message": "there is no custmer", "line": 12}
    api.refuses("PUT /v1/templates/win-back", 422, "invalid_template", "line 12: …", problems=[problem])
    # WHEN it is pushed
    result = run("templates", "push", mjml, "--id", "win-back", "--subject", "Hi", "--name", "W", "--author", "robin")
    # THEN the exit code says problems, and the line is named
    assert result.exit_code == 5
    assert "line 12: there is no custmer" in result.stderr


def test_the_starters_are_all_pushed(api, run):
    # GIVEN the starters of the checkout
    for starter in starters():
        api.says(f"PUT /v1/templates/{starter.id}", template(id=starter.id))
    # WHEN they are pushed
    result = run("templates", "push-starters", "--author", "robin")
    # THEN each arrived as its file says
    assert result.exit_code == 0, result.output
    assert [asked.body["mjml"] for asked in api.asked] == [(FOLDER / s.file).read_text() for s in starters()]
    assert len(starters()) == 4


def test_a_letter_is_previewed_and_written_to_a_file(api, run, tmp_path):
    # GIVEN a campaign's customer
    api.says("POST /v1/templates/win-back/preview", LETTER)
    # WHEN the letter is previewed
    page = tmp_path / "pages" / "letter.html"
    result = run("templates", "preview", "win-back", "--campaign", "spring", "--customer", "1959", "--html", page)
    # THEN the page is there, and what the square brackets say is no markup
    assert result.exit_code == 0, result.output
    assert page.read_text() == LETTER.html
    assert "Hello [1959]" in result.stdout
    assert api.asked[0].body == {"campaign_id": "spring", "customer_id": "1959"}


def test_a_test_letter_is_sent(api, run):
    # GIVEN an address of the shop's own
    api.says("POST /v1/templates/win-back/test", SentTest(message_id="m-1"))
    # WHEN a test is sent there
    result = run("templates", "test", "win-back", "--to", "robin@shop.example")
    # THEN it went there
    assert result.exit_code == 0, result.output
    assert api.asked[0].body == {"to": "robin@shop.example"}


def test_what_is_no_address_is_refused_before_anything_is_asked(api, run):
    # GIVEN two addresses in one
    # WHEN a test is sent there
    result = run("templates", "test", "win-back", "--to", "a@shop.example,b@shop.example")
    # THEN the exit code says wrong usage
    assert result.exit_code == 2
    assert api.asked == []


def test_a_template_is_shown_as_it_was_saved(api, run):
    # GIVEN a template with square brackets
    api.says("GET /v1/templates/win-back?version=3", template())
    # WHEN it is shown
    result = run("templates", "show", "win-back", "--version", "3")
    # THEN standard output holds it unchanged, and nothing else
    assert result.stdout.strip() == template().mjml


def test_variables_are_told(api, run):
    # GIVEN the documented variables
    api.says("GET /v1/template-variables", VariableList(variables=list(variables())))
    # WHEN they are asked for
    result = run("templates", "variables")
    # THEN each is named
    assert all(variable.name in result.stdout for variable in variables())
