"""The running local cloud as an object: start it, use it, stop it."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.assembly import Assembly
from local.deploy import deploy_assembly, deploy_template
from local.emulator_process import ACCOUNT, REGION, ROOT_KEY, EmulatorProcess
from local.environment import REPOSITORY, emulator_python
from local.errors import CloudError
from local.outbox import Message, read_outbox

DEFAULT_ROOT = REPOSITORY / ".shopkeeper" / "local"
DEFAULT_PORT = 4566

# Loading a service the first time takes up to a second; these are loaded while the app is being synthesized.
_WARM = {
    "cloudformation": "list_stacks",
    "s3": "list_buckets",
    "ssm": "describe_parameters",
    "iam": "list_roles",
    "lambda": "list_functions",
    "dynamodb": "list_tables",
    "logs": "describe_log_groups",
    "stepfunctions": "list_state_machines",
    "apigateway": "get_rest_apis",
    "firehose": "list_delivery_streams",
    "sagemaker": "list_processing_jobs",
    "scheduler": "list_schedules",
    "events": "list_rules",
    "sesv2": "list_email_identities",
    "secretsmanager": "list_secrets",
    "cloudwatch": "describe_alarms",
    "kms": "list_keys",
    "sns": "list_topics",
    "sqs": "list_queues",
}

_API_ADDRESS = re.compile(r"https?://(?P<api>[a-z0-9]+)\.execute-api\.[^/]+/(?P<stage>[^/]+)")


def _silent(_line: str) -> None:
    """Progress nobody asked for."""


class Cloud:
    """A running local cloud.

    Use :meth:`start` (or ``with Cloud.start(...) as cloud``); every instance has a port and a root directory of its
    own, so that several run side by side.

    Attributes:
        outputs: stack name -> output name -> value.
        endpoint: URL of the emulated AWS.
    """

    account = ACCOUNT
    region = REGION

    def __init__(self, emulator: EmulatorProcess, root: Path, say: Callable[[str], None]) -> None:
        self.root = root
        self.endpoint = emulator.endpoint
        self.outputs: dict[str, dict[str, str]] = {}
        self._emulator = emulator
        self._say = say
        self._session = boto3.Session(aws_access_key_id=ROOT_KEY, aws_secret_access_key=ROOT_KEY, region_name=REGION)
        self._client = cache(self._new_client)

    @classmethod
    def start(
        cls,
        assembly: Path | None = None,
        *,
        root: Path = DEFAULT_ROOT,
        port: int = DEFAULT_PORT,
        deploy: bool = True,
        code: Path = REPOSITORY,
        say: Callable[[str], None] | None = None,
    ) -> Self:
        """Start an empty cloud and deploy an assembly to it.

        Args:
            assembly: directory of a synthesized assembly; ``None`` synthesizes the app for ``local`` meanwhile.
            root: directory for state, logs and ``cloud.json``; what an earlier run left there is replaced.
            port: where the emulated AWS listens.
            deploy: ``False`` leaves the cloud empty (for tests that bring their own templates).
            code: directory of the packages that the container image would hold.
            say: called with a line for each step; ``None`` keeps quiet.

        Raises:
            CloudError: it could not start; nothing is left running.
        """
        say = say or _silent
        root = Path(root).resolve()
        _refuse_running(root)
        emulator = EmulatorProcess(emulator_python(say=say), root=root / "emulator", port=port, code=code)
        cloud = cls(emulator, root, say)
        began = time.monotonic()
        emulator.start()
        try:
            synthesis = None if assembly or not deploy else _Synthesis(root / "assembly")
            emulator.wait_ready()
            say(f"emulator ready at {cloud.endpoint} after {time.monotonic() - began:.1f} s")
            if deploy:
                threading.Thread(target=cloud._warm, name="warm", daemon=True).start()
                directory = synthesis.wait(say) if synthesis else Path(assembly or "")
                outputs = deploy_assembly(Assembly(directory, ACCOUNT, REGION), cloud.client, say)
                cloud.outputs = {stack: cloud._reachable(values) for stack, values in outputs.items()}
            cloud._write_description()
        except BaseException:
            emulator.stop()
            raise
        say(f"local cloud ready after {time.monotonic() - began:.1f} s")
        return cloud

    def client(self, service: str) -> Any:
        """A boto3 client with the account's root credentials."""
        return self._client(service)

    def output(self, name: str) -> str:
        """The output of that name, whichever stack has it; raises ``KeyError`` if none has."""
        for values in self.outputs.values():
            if name in values:
                return values[name]
        raise KeyError(name)

    def deploy(self, name: str, template: Mapping[str, Any]) -> dict[str, str]:
        """Deploy one template given as a mapping; returns its outputs and adds them to :attr:`outputs`."""
        self.outputs[name] = self._reachable(deploy_template(name, json.dumps(template), self.client))
        self._write_description()
        return self.outputs[name]

    def api_url(self, api_id: str, stage: str) -> str:
        """Where a REST API's stage answers on this machine, without any name to resolve."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/{stage}"

    def calls(self) -> list[dict[str, Any]]:
        """Each distinct call a role made so far: ``role``, ``action``, ``resource``, ``allowed``."""
        record = self._emulator.root / "calls.jsonl"
        if not record.exists():
            return []
        return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]

    def outbox(self, *, bodies: bool = True) -> list[Message]:
        """Mail sent so far, oldest first; without `bodies`, who got it and no more."""
        return read_outbox(self.endpoint, bodies=bodies)

    def alive(self) -> bool:
        """Whether the emulator runs."""
        return self._emulator.alive()

    def stop(self) -> None:
        """End the cloud and all its processes; safe to call more than once."""
        self._emulator.stop()
        (self.root / "cloud.json").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _reachable(self, outputs: dict[str, str]) -> dict[str, str]:
        """The outputs with API addresses that this machine can resolve."""

        def local_url(match: re.Match[str]) -> str:
            return self.api_url(match["api"], match["stage"])

        return {name: _API_ADDRESS.sub(local_url, value) for name, value in outputs.items()}

    def _new_client(self, service: str) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 2}, max_pool_connections=32, read_timeout=900
        )
        return self._session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]  # the service's name is data here

    def _warm(self) -> None:
        for service, operation in _WARM.items():
            try:
                getattr(self._new_client(service), operation)()
            except (BotoCoreError, ClientError):
                return  # the cloud was stopped, or whoever needs the service will hear of it

    def _write_description(self) -> None:
        description = {
            "endpoint": self.endpoint,
            "region": REGION,
            "account": ACCOUNT,
            "pid": self._emulator.pid,
            "outbox": f"{self.endpoint}/_aws/ses",
            "outputs": self.outputs,
        }
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "cloud.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


class _Synthesis:
    """``python -m infra`` for the environment ``local``, running beside the emulator's start."""

    def __init__(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        self._out = out
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra", "--env", "local", "--out", str(out)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self, say: Callable[[str], None]) -> Path:
        """The assembly's directory; raises ``CloudError`` with the app's own words if synthesis failed."""
        printed, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise CloudError(f"synthesis failed:\n{printed[-4000:]}")
        say(f"synthesized in {time.monotonic() - self._began:.1f} s")
        return self._out


def read_description(root: Path = DEFAULT_ROOT) -> dict[str, Any] | None:
    """What ``cloud.json`` says about the cloud below ``root``, or ``None`` if none runs there."""
    path = root / "cloud.json"
    if not path.exists():
        return None
    description = json.loads(path.read_text(encoding="utf-8"))
    return description if process_runs(description["pid"]) else None


def process_runs(pid: int) -> bool:
    """Whether a process of that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _refuse_running(root: Path) -> None:
    running = read_description(root)
    if running:
        raise CloudError(
            f"a local cloud already runs in {root} at {running['endpoint']}; stop it first: python -m local down"
        )
