"""A copy of the project with one more family in it, and the local cloud started from that copy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).parents[2]
VISITS = Path(__file__).parent / "visits"
READY_SECONDS = 240
DELAY = "measure_delay_seconds = 45"


def copy(to: Path) -> Path:
    """The project's files, with the family `visits` added the way anyone would: one spec and one folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    shutil.copy2(VISITS / "spec.py", to / "commerce" / "families" / "visits.py")
    shutil.copytree(VISITS / "training", to / "training" / "visits")
    settings = to / "infra" / "environments" / "local.toml"
    text = settings.read_text()
    assert DELAY in text
    # Nobody opens a letter late here.
    settings.write_text(text.replace(DELAY, "measure_delay_seconds = 15"))
    return to


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@dataclass
class Shop:
    """A running local cloud, seen from outside: the command line, the API, and the AWS APIs."""

    project: Path
    state: Path
    process: subprocess.Popen[str]

    @cached_property
    def description(self) -> dict[str, Any]:
        return json.loads((self.state / "cloud.json").read_text())

    @cached_property
    def outputs(self) -> dict[str, str]:
        return {k: v for stack in self.description["outputs"].values() for k, v in stack.items()}

    @property
    def api(self) -> str:
        return self.outputs["ApiUrl"].rstrip("/")

    @property
    def environ(self) -> dict[str, str]:
        """Environment of a process that talks to this cloud as the account's root."""
        return os.environ | {
            "PYTHONPATH": str(self.project),
            "SHOPKEEPER_CLOUD": str(self.state / "cloud.json"),
            "SHOPKEEPER_CACHE": str(self.state / "cache"),
            "AWS_ENDPOINT_URL": self.description["endpoint"],
            "AWS_DEFAULT_REGION": self.description["region"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "COLUMNS": "200",
        }

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.description["endpoint"],
            region_name=self.description["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @cached_property
    def api_key(self) -> str:
        return self.client("apigateway").get_api_key(apiKey=self.outputs["ApiKeyId"], includeValue=True)["value"]

    @cached_property
    def write_key(self) -> str:
        return self.shopkeeper("keys", "create", "journey").stdout.split()[0]

    @cached_property
    def server_key(self) -> str:
        """Write key of a server, with which payments may be told."""
        return self.shopkeeper("keys", "create", "journey-server", "--server").stdout.split()[0]

    def shopkeeper(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run the command as a user would, against this cloud."""
        command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
        return subprocess.run(
            command, cwd=self.project, env=self.environ, capture_output=True, text=True, timeout=timeout, check=False
        )

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def start(folder: Path) -> Shop:
    """Start the local cloud from a copy of the project below `folder` and wait until it is ready."""
    project, state, log = copy(folder / "project"), folder / "state", folder / "up.log"
    command = [sys.executable, "-m", "local", "up", "--root", str(state), "--port", str(free_port())]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(project)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    deadline = time.monotonic() + READY_SECONDS
    while "press Ctrl-C" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"the local cloud did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.2)
    return Shop(project, state, process)
