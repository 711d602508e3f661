"""The whole loop on the local cloud: history → retrain → release → API → rollback, through the command line."""

import json
import urllib.error
import urllib.request
from datetime import timedelta

from tests.journey.conftest import AS_OF


def ask(shop, path, body=None, key=None):
    """(status, JSON) of one call of the API."""
    request = urllib.request.Request(
        shop.api + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"} | ({"x-api-key": key} if key else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_before_the_first_release_the_baseline_answers_and_says_so(shop):
    # GIVEN a shop that never trained
    # WHEN a customer's scores are asked
    status, answer = ask(shop, "/v1/customers/1/scores?families=churn", key=shop.api_key)
    # THEN the baseline answers
    assert (status, answer["scores"]["churn"]["source"]) == (200, "baseline")


def test_scores_without_a_key_are_refused(shop):
    # GIVEN a caller without an API key
    # WHEN scores are asked
    status, answer = ask(shop, "/v1/customers/1/scores")
    # THEN they are refused in the documented shape
    assert (status, set(answer)) == (403, {"error"})


def test_data_that_cannot_train_is_an_ending_with_reasons(loaded):
    # GIVEN a day before the shop had half a year of orders
    early = (AS_OF - timedelta(days=500)).isoformat()
    # WHEN a retrain is asked for
    result = loaded.shopkeeper("retrain", "churn", "--as-of", early)
    # THEN the execution ends as not ready, and the command says so by its exit code
    assert result.returncode == 4, result.stdout + result.stderr
    assert "NotReady" in result.stderr


def test_a_released_model_answers_with_reasons(trained):
    # GIVEN a released model
    # WHEN customers' scores are asked
    status, answer = ask(trained, "/v1/scores:batchGet", {"customer_ids": ["0", "1", "2"]}, trained.api_key)
    scores = [r["scores"]["churn"] for r in answer["results"]]
    # THEN each known customer has a probability of the model, with its version and reasons
    models = [s for s in scores if s["source"] == "model"]
    assert status == 200
    assert models
    assert all(0 <= s["probability"] <= 1 and s["version"] == "1" and s["reasons"] for s in models)


def test_the_status_names_the_live_version(trained):
    # GIVEN a released model
    # WHEN the status is asked
    result = trained.shopkeeper("status", "--json")
    # THEN it names the champion
    assert json.loads(result.stdout)["releases"]["churn"]["champion"] is not None


def test_a_rollback_brings_back_what_answered_before(trained):
    # GIVEN one released version
    live = json.loads(trained.shopkeeper("status", "--json").stdout)["releases"]["churn"]["champion"]
    # WHEN it is rolled back
    result = trained.shopkeeper("rollback", "churn")
    taken = json.loads(trained.shopkeeper("status", "--json").stdout)["releases"]["churn"].get("champion")
    # THEN the baseline answers again, and the version can be released again in one command
    assert result.returncode == 0, result.stderr
    assert taken is None
    assert trained.shopkeeper("release", "churn", live).returncode == 0


def test_the_audit_writes_a_page(loaded, tmp_path):
    # GIVEN a shop with history
    page = tmp_path / "audit.html"
    # WHEN it is audited
    result = loaded.shopkeeper("audit", "churn", "--as-of", AS_OF.isoformat(), "--html", str(page))
    # THEN it is ready and the page is one self-contained document
    assert result.returncode == 0, result.stdout + result.stderr
    assert "<svg" in page.read_text()
    assert "http://" not in page.read_text().replace("http://www.w3.org", "")
