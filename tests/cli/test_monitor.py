"""`shopkeeper monitor`, and a report's page."""

import itertools
import json
from xml.etree import ElementTree

import boto3
import pytest
from moto import mock_aws

from cli import monitor
from cli.charts import watched
from cli.environment import Environment
from cli.report.monitoring import page
from tests.cli.monitoring_fixtures import AS_OF, empty, report

LATEST = "GET /v1/monitoring/fraud"
DAY = f"{LATEST}?date={AS_OF}"


def workflow(monkeypatch, api, *states, **last):
    """A workflow of states that pass, the last with this output; the environment that has it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    names = [*states, "Reported"] if last else [*states, "Failed"]
    made = {name: {"Type": "Pass", "Next": after} for name, after in itertools.pairwise(names)}
    failing = {"Type": "Fail", "Error": "MonitorFailed", "Cause": "the lake is empty"}
    made[names[-1]] = {"Type": "Pass", "Result": last, "End": True} if last else failing
    definition = json.dumps({"StartAt": names[0], "States": made})
    client, role = boto3.client("stepfunctions"), "arn:aws:iam::123456789012:role/workflow"
    machine = client.create_state_machine(name="monitor", definition=definition, roleArn=role)["stateMachineArn"]
    environment = Environment("local", {"ApiUrl": api.url, "MonitorStateMachineArn": machine})
    environment.__dict__["api_key"] = "a-key"
    monkeypatch.setattr(monitor, "connect", lambda name: environment)
    return client, machine


@pytest.fixture
def aws():
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield


def test_a_report_is_made_and_shown(api, run, aws, monkeypatch):
    # GIVEN a workflow that reports and starts a retraining
    ran = {"run_id": "20260302-abcdef", "as_of": AS_OF.isoformat()}
    arn = "arn:aws:states:us-east-1:1:execution:retrain:fraud-monitor-2026-w10"
    client, machine = workflow(monkeypatch, api, "Plan", run=ran, published={"findings": ["x"], "retrain": arn})
    api.says(DAY, report())
    # WHEN it is asked for, with a setting for this time
    shown = run("monitor", "fraud", "--as-of", AS_OF, "-p", "label_delay_days=2")
    # THEN the workflow was started so, and the report is told: performance, money, versions, drift, findings
    assert shown.exit_code == 0, shown.output
    [execution] = client.list_executions(stateMachineArn=machine)["executions"]
    asked = json.loads(client.describe_execution(executionArn=execution["executionArn"])["input"])
    assert asked == {"family": "fraud", "as_of": AS_OF.isoformat(), "parameters": {"label_delay_days": 2}}
    for words in (
        "run 20260302-abcdef",
        arn,
        "judged on 2,800 decisions",
        "12 that were blocked without a verdict are left out",
        "40.0% (30.0% to 50.0%), promised 50.0%",
        "70.0%, by amount not known",
        "300 (80 reviewed, 3 blocked)",
        "9 payments of this card [lately]",
        "< 0.02",
        "scores changed <much>",
    ):
        assert words in shown.output, (words, shown.output)


def test_a_workflow_that_fails_says_why(api, run, aws, monkeypatch):
    # GIVEN a workflow that fails
    workflow(monkeypatch, api, "Plan")
    # WHEN a report is asked for
    told = run("monitor", "fraud")
    # THEN the command fails with the reason
    assert (told.exit_code, "the lake is empty" in told.output) == (1, True)


def test_the_latest_report_is_shown_without_making_one(api, run):
    # GIVEN a report of a family that decided nothing yet
    api.says(LATEST, empty())
    # WHEN it is asked to be shown, and as JSON
    told, as_json = run("monitor", "fraud", "--show"), run("monitor", "fraud", "--show", "--json")
    # THEN it says that there is nothing yet, and gives the API's answer
    assert "nothing can be judged yet" in told.output and "nothing is found to be wrong" in told.output
    assert json.loads(as_json.output) == empty().model_dump(mode="json")


@pytest.mark.parametrize(
    ("asked", "words"),
    [(["churn"], "no family 'churn' is monitored"), (["fraud", "-p", "label_delay_days=-1"], "label_delay_days")],
)
def test_what_cannot_be_monitored_is_refused(api, run, asked, words):
    # GIVEN a family that is not monitored, or a setting that is none
    # WHEN it is asked for
    told = run("monitor", *asked)
    # THEN it is a wrong usage that says why
    assert (told.exit_code, words in told.output) == (2, True)


def test_a_page_is_written_where_one_is_asked_for(api, run, monkeypatch, tmp_path):
    # GIVEN a report of an earlier day
    api.says(DAY, report())
    environment = Environment("local", {"ApiUrl": api.url})
    environment.__dict__["api_key"] = "a-key"
    monkeypatch.setattr(monitor, "connect", lambda name: environment)
    # WHEN it is shown, and a page of it is asked for
    shown = run("monitor", "fraud", "--show", "--as-of", AS_OF, "--html", tmp_path / "watched.html")
    # THEN the page is there
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "watched.html").read_text(encoding="utf-8") == page(report())


def test_the_page_has_figures_charts_and_findings_with_every_text_escaped():
    # GIVEN a report with markup in its words
    html = page(report())
    # WHEN it is read as a document
    body = html[html.index("<main>") : html.index("</body>")].replace("&nbsp;", " ")
    root = ElementTree.fromstring(body)  # noqa: S314 (our own text)
    text = "".join(root.itertext())
    # THEN its three charts, figures and findings are there, as text
    assert len(root.findall(".//{http://www.w3.org/2000/svg}svg")) == 3
    for words in ("promised 50.0%", "drift: scores changed <much>", "3 payments of this card <lately>", "4,750"):
        assert words in text, words


def test_the_page_says_of_no_decision_that_nothing_can_be_judged():
    # GIVEN a family that decided nothing
    # WHEN its page is made
    html = page(empty())
    # THEN there is no chart, and it says so
    assert "<svg" not in html
    assert "nothing can be judged yet" in html


def test_charts_keep_within_their_bounds():
    # GIVEN a report
    made = report()
    # WHEN its charts are drawn
    charts = [watched.by_day(made), watched.kept(made.performance.at_capacity), watched.drifted(made.drift.features)]
    # THEN every mark is on them
    for chart in charts:
        assert chart.marks
        assert all(0 <= mark.x <= 560 and 0 <= mark.y <= 300 for mark in chart.marks)
