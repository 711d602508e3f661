"""Audience and allocation as SageMaker runs them: a folder in, folders out, exit codes; and scores on S3."""

from __future__ import annotations

import json
import shutil

import boto3
import pytest
from moto import mock_aws

from campaigns.audience.scores import fetched
from commerce.campaigns.audience import AudienceFacts, Member
from commerce.campaigns.plan import CampaignPlan
from tests.campaigns.conftest import customer, fill, order, plan_of, write_scores
from training.__main__ import run
from training.layout import Layout


def give(layout: Layout, plan: CampaignPlan) -> None:
    """Put the plan where SageMaker would."""
    folder = layout.received("plan")
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(plan.model_dump_json())


def test_the_jobs_hand_on_from_audience_to_parts(lake, tmp_path):
    # GIVEN thirty customers who ordered and a plan
    people = [f"c{i:02d}" for i in range(30)]
    fill(lake, customers=map(customer, people), orders=[order(c, c, 10, 5) for c in people])
    plan = plan_of(tmp_path / "lake", "orders.count == 1", holdout=0.2, part_rows=10)
    first, second = Layout(tmp_path / "one"), Layout(tmp_path / "two")
    give(first, plan)
    give(second, plan)
    # WHEN the audience job runs, and the allocate job with what it left
    assert run("audience", first) == 0
    shutil.copytree(first.produced("members"), second.received("members"))
    assert run("allocate", second) == 0
    # THEN
    facts = AudienceFacts.model_validate_json((second.produced("allocation") / "allocated.json").read_bytes())
    assert (facts.eligible, facts.arms) == (30, {"holdout": 6, "letter": 24})
    manifest = json.loads((second.produced("allocation") / "manifest.json").read_text())
    assert [part["rows"] for part in manifest] == [10, 10, 4]
    lines = (second.produced("parts") / "part-00003.jsonl").read_text().splitlines()
    assert [Member.model_validate_json(line).arm for line in lines] == ["letter"] * 4


@pytest.mark.parametrize("step", ["audience", "allocate", "measure"])
def test_a_job_without_its_plan_says_so_in_one_line(tmp_path, capsys, monkeypatch, step):
    # GIVEN an empty layout
    monkeypatch.setenv("SHOPKEEPER_LOOK", "1")
    # WHEN
    code = run(step, Layout(tmp_path))
    # THEN
    assert code == 1
    assert "plan is missing" in (tmp_path / "output" / "failure").read_text()
    assert "Traceback" not in capsys.readouterr().err


def test_a_measurement_without_its_number_says_what_to_set(tmp_path, monkeypatch):
    # GIVEN no look
    monkeypatch.delenv("SHOPKEEPER_LOOK", raising=False)
    # WHEN
    code = run("measure", Layout(tmp_path))
    # THEN
    assert code == 1
    assert "SHOPKEEPER_LOOK" in (tmp_path / "output" / "failure").read_text()


def test_scores_on_s3_are_read(lake, tmp_path, monkeypatch):
    # GIVEN score files in a bucket
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    folder = write_scores(tmp_path / "scores", {"anna": 0.9, "ben": 0.1}, rows=1)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="models")
        for path in folder.iterdir():
            s3.upload_file(str(path), "models", f"runs/churn/1/scores/{path.name}")
        # WHEN they are fetched
        with fetched(lake, {"churn": "s3://models/runs/churn/1/scores"}) as scores:
            rows = scores.fields("churn").to_pyarrow().to_pylist()
    # THEN
    assert {row["customer_id"]: row["churn"]["probability"] for row in rows} == {"anna": 0.9, "ben": 0.1}
