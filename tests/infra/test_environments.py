"""Environments beside each other, the same synth twice, and what a destroy leaves."""

from __future__ import annotations

import filecmp
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.packaging import ROOT

NAMES = re.compile(r"(Name|Alias|AliasName)$")
# Named within something that has a name of its own.
PART_OF_ANOTHER = {"AWS::Logs::LogStream", "AWS::IAM::Policy", "AWS::ApiGateway::Model"}
HOLDING = ("AWS::S3::Bucket", "AWS::DynamoDB::GlobalTable", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
OUTPUTS = {
    "Data": {
        "LakeBucket",
        "ModelsBucket",
        "KeysTable",
        "CountersTable",
        "ScoresTable",
        "ReleasesTable",
        "CampaignsTable",
        "LettersTable",
    },
    "Workflows": {"RetrainStateMachineArn", "MonitorStateMachineArn"},
    "Letters": {"ConfigurationSet", "LetterEvents", "DkimRecord1", "DkimRecord2", "DkimRecord3"},
    "Campaigns": {"CampaignStateMachineArn"},
    "Privacy": {"PrivacyStateMachineArn"},
    "Api": {"ApiUrl", "ApiId", "ApiKeyId"},
}


def physical_names(assembly) -> set[str]:
    """What the resources of an assembly are explicitly called, as JSON of [type, property, value]."""
    return {
        json.dumps([r["Type"], key, value])
        for r in assembly.resources.values()
        for key, value in r.get("Properties", {}).items()
        if NAMES.search(key) and r["Type"] not in PART_OF_ANOTHER and key not in ("MetricName", "StageName")
        if not isinstance(value, dict) or "AWS::AccountId" in json.dumps(value)
    }


def test_two_environments_share_no_name(dev, prod):
    # GIVEN two environments of one account
    # WHEN their resources' names are collected
    ours, theirs = physical_names(dev), physical_names(prod)
    # THEN there are many and none is in both
    assert len(ours) > 40
    assert ours & theirs == set()


def test_policies_of_one_environment_do_not_reach_another(dev):
    # GIVEN the policies of dev
    patterns = [
        json.dumps(resource)
        for policy in dev.of("AWS::IAM::Policy").values()
        for s in policy["PolicyDocument"]["Statement"]
        for resource in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])
        if "*" in json.dumps(resource) and resource != "*"
    ]
    # WHEN those with wildcards are read
    # THEN each names dev, or what the services share between all
    shared = ("/aws/sagemaker/*", "alarm:*")
    assert patterns
    assert [p for p in patterns if "dev" not in p and not any(s in p for s in shared)] == []


def test_another_synth_offline_without_git_or_credentials_is_byte_identical(local_assembly, tmp_path):
    # GIVEN an assembly, and a process with another hash seed and time zone, without credentials, whose proxies lead
    # nowhere, and which finds no git
    again = tmp_path / "local"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GIT_"))}
    environment |= {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PATH": str(tmp_path)}
    environment |= {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    # WHEN it synthesizes the same environment
    command = [sys.executable, "-m", "infra", "--env", "local", "--out", str(again)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    # THEN it can, no file is missing, and no byte differs
    assert run.returncode == 0, run.stderr
    first, second = files(local_assembly.folder), files(again)
    assert first == second
    _, different, unreadable = filecmp.cmpfiles(local_assembly.folder, again, sorted(first), shallow=False)
    assert (different, unreadable) == ([], [])


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_the_cdk_command_line_gets_the_same_stacks(local_assembly, tmp_path):
    # GIVEN what `cdk synth -c env=local` sets before it runs the app of cdk.json
    app = json.loads((ROOT / "cdk.json").read_text())
    context = json.dumps(app["context"] | {"env": "local"})
    environment = os.environ | {"CDK_OUTDIR": str(tmp_path / "out"), "CDK_CONTEXT_JSON": context}
    command = [sys.executable, *app["app"].split()[1:]]
    # WHEN the app is run
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    # THEN the templates are those of `python -m infra --env local`
    assert run.returncode == 0, run.stderr
    for path in local_assembly.folder.glob("*.template.json"):
        assert json.loads((tmp_path / "out" / path.name).read_text()) == json.loads(path.read_text())


@pytest.mark.parametrize("stack", OUTPUTS)
def test_the_outputs_that_the_command_line_reads_are_there(local_assembly, stack):
    # GIVEN a stack
    # WHEN its outputs are listed
    outputs = {name for name in local_assembly.template(stack)["Outputs"] if not name.startswith("Exports")}
    # THEN those the command line reads are among them
    assert OUTPUTS[stack] <= outputs


def test_an_environment_that_goes_leaves_nothing_that_costs_money(dev):
    # GIVEN an environment with on_destroy = "destroy"
    # WHEN resources that stay are listed
    kept = {r["Type"] for r in dev.resources.values() if r.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")}
    # THEN it is API Gateway's account-wide logging role, which costs nothing and other APIs may use
    assert kept == {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
    assert len(dev.of("Custom::S3AutoDeleteObjects")) == len(dev.of("AWS::S3::Bucket"))
    (emptied,) = dev.of("Custom::EmptiedModelRegistry").values()
    groups = dev.of("AWS::SageMaker::ModelPackageGroup").values()
    assert emptied["Groups"] == [group["ModelPackageGroupName"] for group in groups]


def test_an_environment_that_stays_keeps_its_data(prod):
    # GIVEN an environment with on_destroy = "retain"
    # WHEN what holds data is listed
    holding = [r for r in prod.resources.values() if r["Type"] in HOLDING]
    # THEN all of it survives a destroy
    assert len(holding) == 11
    assert {r["DeletionPolicy"] for r in holding} == {"Retain"}
    assert not prod.of("Custom::S3AutoDeleteObjects") and not prod.of("Custom::EmptiedModelRegistry")


def test_a_wrong_environment_ends_with_exit_code_2_and_one_clear_line(tmp_path):
    # GIVEN a name without settings
    command = [sys.executable, "-m", "infra", "--env", "nowhere", "--out", str(tmp_path / "out")]
    # WHEN it is synthesized
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    # THEN the exit code and the message say what is wrong, without a traceback
    assert run.returncode == 2
    assert "there is no environment 'nowhere'" in run.stderr and "Traceback" not in run.stderr
