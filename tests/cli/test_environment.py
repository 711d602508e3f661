"""Which cloud a command talks to, and what it says when there is none."""

import json

import boto3
import pytest
from moto import mock_aws

from cli.environment import Environment, EnvironmentAbsentError, connect


@pytest.fixture(autouse=True)
def _credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")  # so that what connect() sets is taken back after the test
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("SHOPKEEPER_CLOUD", str(tmp_path / "cloud.json"))


def test_without_a_local_cloud_the_message_says_how_to_start_one():
    # GIVEN no running local cloud
    # WHEN a command connects to it
    # THEN the error names the command that starts one
    with pytest.raises(EnvironmentAbsentError, match="shopkeeper up"):
        connect("local")


def test_a_local_cloud_that_died_is_told_from_one_that_runs(tmp_path):
    # GIVEN the file of a cloud whose process is gone
    cloud = {"endpoint": "http://127.0.0.1:9", "region": "us-east-1", "outputs": {}}
    (tmp_path / "cloud.json").write_text(json.dumps(cloud))
    # WHEN a command connects to it
    # THEN the error says that nothing answers
    with pytest.raises(EnvironmentAbsentError, match="nothing answers"):
        connect("local")


@mock_aws
def test_outputs_of_every_stack_of_the_environment_are_found():
    # GIVEN two stacks of dev and one of prod
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {}}
    for stack, output in (
        ("Shopkeeper-dev-Data", "LakeBucket"),
        ("Shopkeeper-dev-Api", "ApiUrl"),
        ("Shopkeeper-prod-Data", "X"),
    ):
        template["Outputs"] = {output: {"Value": stack}}
        boto3.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    # WHEN dev is connected to
    outputs = connect("dev").outputs
    # THEN its outputs are there and prod's are not
    assert outputs == {"LakeBucket": "Shopkeeper-dev-Data", "ApiUrl": "Shopkeeper-dev-Api"}


@mock_aws
def test_an_environment_that_is_not_deployed_is_refused():
    # GIVEN an account without stacks
    # WHEN an environment is connected to
    # THEN the error says how to deploy it
    with pytest.raises(EnvironmentAbsentError, match="cdk deploy"):
        connect("dev")


def test_a_missing_output_is_named():
    # GIVEN an environment of which one stack is not deployed
    environment = Environment("dev", {})
    # WHEN its output is needed
    # THEN the error names it
    with pytest.raises(EnvironmentAbsentError, match="LakeBucket"):
        _ = environment.lake
