"""Write keys: shown once, stored as a hash."""

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cli import keys
from cli.environment import Environment


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        made = boto3.resource("dynamodb").create_table(
            TableName="keys",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        environment = Environment("dev", {"KeysTable": "keys", "ApiUrl": "https://api"})
        monkeypatch.setattr(keys, "connect", lambda name: environment)
        yield made


def test_a_new_key_is_stored_as_its_hash_alone(table):
    # GIVEN an empty table
    # WHEN a key is made
    printed = CliRunner().invoke(keys.app, ["create", "website"]).output.split()[0]
    # THEN the table knows its hash and not the key
    items = table.scan()["Items"]
    assert items == [{"pk": keys.digest(printed), "source": "website", "enabled": True, "server": False}]


def test_a_servers_key_says_so(table):
    # GIVEN a browser's key
    CliRunner().invoke(keys.app, ["create", "website"])
    # WHEN one is made for a server
    CliRunner().invoke(keys.app, ["create", "back-office", "--server"])
    # THEN the table knows which is which, and so does the list
    assert {item["source"]: item["server"] for item in table.scan()["Items"]} == {
        "website": False,
        "back-office": True,
    }
    listed = CliRunner().invoke(keys.app, ["list"]).output.splitlines()
    assert {tuple(line.split()[:2]) for line in listed[1:]} == {("website", "browser"), ("back-office", "server")}


def test_the_list_shows_a_key_that_says_nothing_as_a_browsers(table):
    # GIVEN a key of before there were servers' keys
    table.put_item(Item={"pk": "0" * 64, "source": "website", "enabled": True})
    # WHEN keys are listed
    listed = CliRunner().invoke(keys.app, ["list"]).output.splitlines()
    # THEN it is a browser's
    assert listed[1].split()[:2] == ["website", "browser"]


def test_a_key_is_disabled_by_the_start_of_its_hash(table):
    # GIVEN a key
    key = CliRunner().invoke(keys.app, ["create", "website"]).output.split()[0]
    # WHEN it is disabled
    CliRunner().invoke(keys.app, ["disable", keys.digest(key)[:8]])
    # THEN the table says so
    assert table.scan()["Items"][0]["enabled"] is False


def test_an_ambiguous_start_disables_nothing(table):
    # GIVEN two keys
    for source in ("website", "app"):
        CliRunner().invoke(keys.app, ["create", source])
    # WHEN the empty start is given
    result = CliRunner().invoke(keys.app, ["disable", ""])
    # THEN nothing changes and the exit code says wrong usage
    assert result.exit_code == 2
    assert all(item["enabled"] for item in table.scan()["Items"])
