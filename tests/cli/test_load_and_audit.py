"""Loading a shop's own files and auditing them, on a lake in a folder: no cloud is needed."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_an_unknown_source_is_refused_with_those_there_are(run, tmp_path):
    # GIVEN a name that is no source
    # WHEN it is loaded
    result = run("load", "magento", "--lake", str(tmp_path))
    # THEN the exit code says wrong usage
    assert result.exit_code == 2


def test_a_file_that_is_not_there_is_named(run, tmp_path):
    # GIVEN a path without a file
    # WHEN it is loaded
    result = run("load", "online-retail", str(tmp_path / "absent.csv"), "--lake", str(tmp_path))
    # THEN the exit code says wrong usage
    assert result.exit_code == 2


def test_an_empty_lake_is_not_ready_and_says_what_is_missing(run, tmp_path):
    # GIVEN a lake without anything
    # WHEN it is audited
    result = run("audit", "churn", "--lake", str(tmp_path), "--json")
    # THEN the exit code says not ready, and the findings name the tables
    findings = json.loads(result.stdout)[0]["findings"]
    assert result.exit_code == 4
    assert {f["table"] for f in findings if f["severity"] == "error"} >= {"orders"}


def test_an_unknown_family_is_refused(run, tmp_path):
    # GIVEN a family that does not exist
    # WHEN it is audited
    result = run("audit", "astrology", "--lake", str(tmp_path))
    # THEN the exit code says wrong usage
    assert result.exit_code == 2


def test_a_wrong_setting_is_refused_before_anything_runs(run, tmp_path):
    # GIVEN a parameter that the family does not have
    # WHEN it is audited
    result = run("audit", "churn", "--lake", str(tmp_path), "-p", "horizon=60")
    # THEN the exit code says wrong usage
    assert result.exit_code == 2


@pytest.mark.parametrize(
    "verb",
    [
        "load", "audit", "retrain", "monitor", "score", "release", "rollback", "status", "up", "demo", "cost", "keys",
        "outbox", "templates", "offers", "campaigns", "customers",
    ],
)  # fmt: skip
def test_every_verb_has_help(run, verb):
    # GIVEN a verb
    # WHEN its help is asked for
    result = run(verb, "--help")
    # THEN it explains itself
    assert result.exit_code == 0
    assert "Usage" in result.stdout
