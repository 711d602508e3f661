"""Budgets of a cold start, and what must never be on its path."""

import subprocess
import sys

import pytest

from benchmarks.coldstart import FUNCTIONS, import_seconds, zip_mb
from tests.functions.support import ENVIRONMENT

ZIP_MB = 15
BOTO3_SECONDS = 0.20
"""Budgets of imports are for a machine where boto3 alone takes this long."""


@pytest.mark.parametrize(("name", "budget"), [("scores", 0.35), ("ask", 0.42)])
def test_a_function_that_answers_imports_within_its_budget(tmp_path, name, budget):
    # GIVEN the package of a function that answers while somebody waits
    # WHEN it is imported by fresh interpreters, in turns with boto3 alone
    seconds, boto3, _ = import_seconds(name, tmp_path)
    # THEN it takes no longer than its budget, on a busy machine in proportion
    assert seconds <= max(budget, budget / BOTO3_SECONDS * boto3)


@pytest.mark.parametrize("name", ["ingest", "scores"])
def test_zips_stay_small(tmp_path, name):
    # GIVEN a function's package for Lambda
    # WHEN it is zipped
    size = zip_mb(name, tmp_path)
    # THEN it is within budget
    assert size <= ZIP_MB


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_imports_without_environment_and_without_what_it_does_not_need(name):
    # GIVEN an interpreter without any of a function's environment variables
    heavy = ["pandas", "numpy", "pyarrow", "ibis", "duckdb", "sklearn", "lightgbm"]
    slow = ["aws_lambda_powertools.utilities.parser", "aws_lambda_powertools.utilities.idempotency"]
    slow += ["commerce.events"] if name in ("scores", "ask") else []
    code = f"import sys; import functions.{name}.handler; print([m for m in {heavy + slow} if m in sys.modules])"
    # WHEN the handler is imported
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    # THEN it needs none of them, nor a library of the training room
    assert (result.returncode, result.stdout.strip()) == (0, "[]"), result.stderr


def test_a_missing_setting_is_named_when_it_is_needed(monkeypatch):
    # GIVEN a function deployed without one of its settings
    from functions.common.environment import setting

    monkeypatch.delenv("SCORES_TABLE", raising=False)
    # WHEN it is read
    # THEN the error names it
    with pytest.raises(KeyError, match="SCORES_TABLE"):
        setting("SCORES_TABLE")
    assert "SCORES_TABLE" in ENVIRONMENT
