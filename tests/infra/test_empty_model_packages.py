"""The function that empties the model registry when a stack goes."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra.inline.empty_model_packages import handler

CONTEXT = SimpleNamespace(log_stream_name="stream")


@pytest.fixture
def answers():
    """A server in CloudFormation's place: its address, and the answers it got."""
    got = []

    class Place(BaseHTTPRequestHandler):
        def do_PUT(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Place)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    server.server_close()


@pytest.fixture
def sagemaker(monkeypatch):
    """A registry with two versions in one group."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # The answer goes to a real server beside the mocked AWS.
    with mock_aws(config={"core": {"passthrough": {"urls": [r"http://127\.0\.0\.1.*"]}}}):
        client = boto3.client("sagemaker")
        client.create_model_package_group(ModelPackageGroupName="shop", ModelPackageGroupDescription="models")
        for _ in range(2):
            client.create_model_package(ModelPackageGroupName="shop", ModelPackageDescription="a version")
        yield client


def event(kind: str, url: str, group: str = "shop") -> dict:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Resource",
        "ResourceProperties": {"Groups": [group]},
    }


def versions(client) -> int:
    return len(client.list_model_packages(ModelPackageGroupName="shop")["ModelPackageSummaryList"])


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_making_the_stack_deletes_nothing(kind, answers, sagemaker):
    # GIVEN two versions
    url, got = answers
    # WHEN the stack is made or changed
    handler(event(kind, url), CONTEXT)
    # THEN both are there, and CloudFormation has its answer
    assert versions(sagemaker) == 2
    assert [a["Status"] for a in got] == ["SUCCESS"]


def test_a_failure_is_answered_with_its_reason(answers, sagemaker, monkeypatch):
    # GIVEN a registry that refuses
    url, got = answers
    refusing = SimpleNamespace(get_paginator=lambda _: (_ for _ in ()).throw(PermissionError("not yours")))
    monkeypatch.setattr(boto3, "client", lambda _: refusing)
    # WHEN the stack goes
    handler(event("Delete", url), CONTEXT)
    # THEN CloudFormation hears why, instead of waiting an hour
    assert got[0]["Status"] == "FAILED" and "not yours" in got[0]["Reason"]


def test_deleting_the_stack_deletes_every_version(answers, sagemaker, monkeypatch):
    # GIVEN two versions, and a client that expects their deletion (which moto does not know)
    url, got = answers
    listed = sagemaker.list_model_packages(ModelPackageGroupName="shop")
    client = boto3.client("sagemaker")
    stub = Stubber(client)
    stub.add_response("list_model_packages", listed, {"ModelPackageGroupName": "shop"})
    for package in listed["ModelPackageSummaryList"]:
        stub.add_response("delete_model_package", {}, {"ModelPackageName": package["ModelPackageArn"]})
    stub.activate()
    monkeypatch.setattr(boto3, "client", lambda _: client)
    # WHEN the stack goes
    handler(event("Delete", url), CONTEXT)
    # THEN each was deleted and nothing else was asked, so that the group can go
    stub.assert_no_pending_responses()
    assert [(a["Status"], a["LogicalResourceId"]) for a in got] == [("SUCCESS", "Resource")]
