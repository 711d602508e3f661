"""Which cloud a command talks to: the laptop's, or an environment in AWS. The verbs see no difference."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions

LOCAL = "local"
CLOUD_FILE = Path(".shopkeeper") / "local" / "cloud.json"


class EnvironmentAbsentError(Exception):
    """The environment asked for is not there; the message says what to do."""


@dataclass(frozen=True)
class Environment:
    """One deployed environment. `outputs` are those of its stacks, by name, such as `LakeBucket`."""

    name: str
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        """A boto3 client of this environment; the laptop cloud's address comes from AWS_ENDPOINT_URL."""
        return boto3.client(service)

    def output(self, name: str) -> str:
        """One stack output; EnvironmentAbsentError when the stacks lack it."""
        try:
            return self.outputs[name]
        except KeyError:
            raise EnvironmentAbsentError(
                f"environment {self.name} has no output {name}: deploy all its stacks, then try again"
            ) from None

    @property
    def lake(self) -> str:
        """Root of the lake's tables."""
        return f"s3://{self.output('LakeBucket')}/lake"

    @cached_property
    def api_key(self) -> str:
        """Value of the API key of the score routes."""
        key = self.client("apigateway").get_api_key(apiKey=self.output("ApiKeyId"), includeValue=True)
        return key["value"]

    @property
    def api_url(self) -> str:
        """Address of the API without a slash at the end."""
        return self.output("ApiUrl").rstrip("/")


def outbox_url() -> str:
    """Where the running laptop cloud shows the mail that was sent; AWS delivers it instead."""
    return json.loads(cloud_file().read_text())["outbox"]


def connect(name: str) -> Environment:
    """The environment called `name`: `local` is the running laptop cloud, any other a deployment in AWS."""
    return _local() if name == LOCAL else _aws(name)


def cloud_file() -> Path:
    """Where the laptop cloud says what it started; `SHOPKEEPER_CLOUD` names another place."""
    return Path(os.environ.get("SHOPKEEPER_CLOUD", CLOUD_FILE))


def _local() -> Environment:
    path = cloud_file()
    try:
        cloud = json.loads(path.read_text())
    except FileNotFoundError:
        raise EnvironmentAbsentError("the local cloud is not running: start it with `shopkeeper up`") from None
    os.environ.update(
        AWS_ENDPOINT_URL=cloud["endpoint"],
        AWS_DEFAULT_REGION=cloud["region"],
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - the emulator's public root key
    )
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.pop("AWS_PROFILE", None)
    environment = Environment(LOCAL, _flat(cloud["outputs"]))
    try:
        environment.client("sts").get_caller_identity()
    except botocore.exceptions.EndpointConnectionError:
        raise EnvironmentAbsentError(
            f"nothing answers at {cloud['endpoint']}: start the local cloud with `shopkeeper up`"
        ) from None
    return environment


def _aws(name: str) -> Environment:
    try:
        pages = boto3.client("cloudformation").get_paginator("describe_stacks").paginate()
        prefix = f"Shopkeeper-{name}-"
        stacks = [s for page in pages for s in page["Stacks"] if s["StackName"].startswith(prefix)]
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.NoRegionError) as error:
        raise EnvironmentAbsentError(
            f"{str(error).rstrip('.')}: log in to AWS and set AWS_REGION, or use --env local"
        ) from None
    if not stacks:
        raise EnvironmentAbsentError(
            f"no stack {prefix}… in this account and region: deploy it with `cdk deploy --all`"
        )
    return Environment(name, {o["OutputKey"]: o["OutputValue"] for s in stacks for o in s.get("Outputs", [])})


def _flat(outputs: dict[str, dict[str, str]]) -> dict[str, str]:
    return {key: value for stack in outputs.values() for key, value in stack.items()}
