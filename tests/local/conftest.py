"""One local cloud for all fidelity tests, with the stack of ``stack.py`` in it."""

import io
import json
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from tests.local import stack

HERE = Path(__file__).parent


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with the probe stack; its container image is ``container/``."""
    root = tmp_path_factory.mktemp("cloud")
    with Cloud.start(root=root, port=free_port(), deploy=False, code=HERE / "container") as running:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.write(HERE / "probe" / "handler.py", "handler.py")
        s3 = running.client("s3")
        s3.create_bucket(Bucket=stack.CODE_BUCKET)
        s3.put_object(Bucket=stack.CODE_BUCKET, Key=stack.CODE_KEY, Body=code.getvalue())
        running.deploy("probe", stack.template())
        s3.put_object(Bucket="probe-data", Key="features/train.csv", Body=b"a,b\n1,2\n")
        s3.put_object(Bucket="probe-data", Key="features/deep/more.csv", Body=b"c\n3\n")
        s3.put_object(Bucket="probe-data", Key="chunks.json", Body=json.dumps([{"part": i} for i in range(3)]))
        yield running


@pytest.fixture(scope="session")
def invoke(cloud: Cloud) -> Callable[..., tuple[str | None, Any]]:
    """Invoke a function with an event; returns the function error, if any, and the answer."""

    def call(function: str, **event: Any) -> tuple[str | None, Any]:
        answer = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return answer.get("FunctionError"), json.load(answer["Payload"])

    return call


def wait_for[T](look: Callable[[], T | None], seconds: float = 30.0) -> T:
    """The first thing found; fails the test if nothing is found in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing found within {seconds} s")


@pytest.fixture(scope="session")
def execute(cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Run a state machine to its end; returns the execution's description."""

    def run(machine: str, **given: Any) -> dict[str, Any]:
        client = cloud.client("stepfunctions")
        started = client.start_execution(stateMachineArn=machine, input=json.dumps(given))

        def ended() -> dict[str, Any] | None:
            description = client.describe_execution(executionArn=started["executionArn"])
            return None if description["status"] == "RUNNING" else description

        return wait_for(ended, 60)

    return run


@pytest.fixture(scope="session")
def finish(cloud: Cloud) -> Callable[..., dict[str, Any]]:
    """Wait for a job's end; returns its description."""

    def wait(kind: str, name: str) -> dict[str, Any]:
        describe = getattr(cloud.client("sagemaker"), f"describe_{kind.lower()}_job")

        def ended() -> dict[str, Any] | None:
            description = describe(**{f"{kind}JobName": name})
            running = description[f"{kind}JobStatus"] in ("InProgress", "Stopping")
            return None if running else description

        return wait_for(ended, 60)

    return wait
