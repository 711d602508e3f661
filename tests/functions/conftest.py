"""An AWS account in process: tables, streams and buckets as the stacks make them, and functions that find them."""

import hashlib
import json
import threading
from types import SimpleNamespace

import pytest
from botocore.client import BaseClient
from moto import mock_aws

from functions.ask import handler as ask_handler
from functions.common import asking_storage, secrets
from functions.common.aws import client
from functions.deliver import handler as deliver_handler
from functions.ingest import handler as ingest_handler
from functions.scores import handler as scores_handler
from functions.scores.storage import AwsStorage
from tests.functions.asking_runtime import Runtime, published
from tests.functions.delivering import Ses, only_ses
from tests.functions.support import (
    ENVIRONMENT,
    LAKE,
    MODELS,
    REGION,
    SECRET,
    WRITE_KEYS,
    Account,
    create_table,
    session_client,
)


@pytest.fixture
def environment(monkeypatch):
    """A function's environment variables, and nothing remembered from the test before."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    ingest_handler.keys.cache_clear()
    secrets.forget()
    deliver_handler.forget()
    monkeypatch.setattr(scores_handler, "storage", AwsStorage())
    monkeypatch.setattr(ask_handler, "storage", asking_storage.AwsStorage())


@pytest.fixture
def account(environment):
    """The account, with a browser's and a server's write key and a model package group for churn."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        made = Account(**{service: session_client(service) for service in Account.__dataclass_fields__})
        for bucket in (LAKE, MODELS):
            made.s3.create_bucket(Bucket=bucket)
        for name in ("counters", "scores", "campaigns", "letters"):
            create_table(made.dynamodb, name, sort=True)
        for name in ("keys", "releases"):
            create_table(made.dynamodb, name, sort=False)
        for stream in ("events", "rejected"):
            made.firehose.create_delivery_stream(
                DeliveryStreamName=f"test-{stream}",
                ExtendedS3DestinationConfiguration={
                    "RoleARN": "arn:aws:iam::000000000000:role/firehose",
                    "BucketARN": f"arn:aws:s3:::{LAKE}",
                    "Prefix": f"{stream}/",
                },
            )
        for key, whose in WRITE_KEYS.items():
            digest = hashlib.sha256(key.encode()).hexdigest()
            item = {"pk": {"S": digest}, "enabled": {"BOOL": True}} | whose
            made.dynamodb.put_item(TableName="test-keys", Item=item)
        made.sagemaker.create_model_package_group(ModelPackageGroupName="test-churn")
        made.secretsmanager.create_secret(Name="test-tokens", SecretString=json.dumps({"current": SECRET}))
        yield made


@pytest.fixture
def context():
    """A Lambda context."""
    return SimpleNamespace(
        function_name="test",
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{REGION}:123456789012:function:test",
        aws_request_id="00000000-0000-4000-8000-000000000000",
        get_remaining_time_in_millis=lambda: 600_000,
    )


@pytest.fixture
def ses(account, monkeypatch):
    """A mail service that keeps what it gets, and fails where a test says so; nobody waits between attempts."""
    service = Ses()
    monkeypatch.setattr("functions.deliver.mail.client", only_ses(service))
    monkeypatch.setattr("functions.deliver.handler.time.sleep", lambda seconds: None)
    return service


@pytest.fixture
def one_at_a_time(monkeypatch):
    """DynamoDB carries out what concerns one item one after the other; in process only a lock does."""
    lock = threading.Lock()
    real = BaseClient._make_api_call

    def call(self, operation, parameters):
        if self.meta.service_model.service_name != "dynamodb":
            return real(self, operation, parameters)
        with lock:
            return real(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


@pytest.fixture
def outbox(monkeypatch):
    """What is handed to the mail service, or the error that it gives instead."""
    sent, failure = [], []

    def send_email(**parameters):
        if failure:
            raise failure[0]
        sent.append(parameters)
        return {"MessageId": "ses-1"}

    monkeypatch.setattr(client("sesv2", attempts=1), "send_email", send_email)
    return sent, failure


@pytest.fixture
def runtime(account, monkeypatch):
    """The endpoint of the version that is live, see `asking_runtime.published`."""
    published(account)
    made = Runtime()
    monkeypatch.setattr("functions.common.endpoints.client", lambda *_, **__: made)
    return made
