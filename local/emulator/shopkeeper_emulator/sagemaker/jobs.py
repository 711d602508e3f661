"""The life of a job: data in, process run under its limits, data out, an end that says why.

What differs between processing and training is in a :class:`JobKind`.
"""

import abc
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from shopkeeper_emulator import processes
from shopkeeper_emulator.iam.needs import Scope
from shopkeeper_emulator.sagemaker import container, credentials, service_permissions
from shopkeeper_emulator.sagemaker.errors import JobError
from shopkeeper_emulator.sagemaker.logs import LogShipper
from shopkeeper_emulator.settings import settings

_LOG = logging.getLogger(__name__)
_STOP_GRACE_SECONDS = 120.0  # between SIGTERM and SIGKILL, as in AWS
_SHIP_EVERY_SECONDS = 2.0
_REASON_CHARACTERS = 1024


class JobKind(abc.ABC):
    """What is particular to one sort of job.

    Attributes:
        name: ``Processing`` or ``Training``; begins the API's field names.
        resource: resource type in the ARN.
        log_group: where the container's output goes.
    """

    name: ClassVar[str]
    resource: ClassVar[str]
    log_group: ClassVar[str]

    @abc.abstractmethod
    def image(self, request: Mapping[str, Any]) -> str:
        """Image URI of the request."""

    @abc.abstractmethod
    def max_seconds(self, request: Mapping[str, Any]) -> float:
        """Run time after which the job is stopped."""

    @abc.abstractmethod
    def command(self, request: Mapping[str, Any], ml_root: Path) -> list[str]:
        """Command line of the container's process."""

    @abc.abstractmethod
    def isolated(self, request: Mapping[str, Any]) -> bool:
        """Whether the container may reach no network, and so no AWS service."""

    @abc.abstractmethod
    def prepare(self, job: "Job", s3: Any) -> None:
        """Write the configuration files and download the inputs."""

    @abc.abstractmethod
    def failure(self, ml_root: Path) -> str:
        """What the container said about its failure; empty if nothing."""

    @abc.abstractmethod
    def finish(self, job: "Job", s3: Any, succeeded: bool) -> None:
        """Upload the outputs and complete the description."""


class Job:
    """One job: its description as the API gives it, and the process behind it.

    Attributes:
        description: what ``Describe…Job`` answers.
        ml_root: the container's ``/opt/ml``.
    """

    def __init__(self, kind: JobKind, request: Mapping[str, Any], scope: Scope) -> None:
        self.kind = kind
        self.request = request
        self.scope = scope
        self.name: str = request[f"{kind.name}JobName"]
        self.arn = scope.arn("sagemaker", f"{kind.resource}/{self.name}")
        self.role_arn: str = request["RoleArn"]
        self.ml_root = settings().root / "jobs" / kind.resource / self.name / "ml"
        self._credentials = credentials.assume(self.role_arn, scope.region)
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._stop = threading.Event()
        now = datetime.now(UTC)
        self.description: dict[str, Any] = {
            **request,
            f"{kind.name}JobArn": self.arn,
            f"{kind.name}JobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    @property
    def status(self) -> str:
        """``InProgress``, ``Completed``, ``Failed``, ``Stopping`` or ``Stopped``."""
        return self.description[f"{self.kind.name}JobStatus"]

    def start(self) -> None:
        """Run in a thread of its own."""
        threading.Thread(target=self._run, name=f"job-{self.name}", daemon=True).start()

    def stop(self) -> None:
        """Ask the container to end; it gets time to clean up."""
        if self.status == "InProgress":
            self._update(status="Stopping")
            self._stop.set()

    def client(self, service: str) -> Any:
        """A client with the job's role."""
        return credentials.client(service, self._credentials, self.scope.region)

    def _run(self) -> None:
        s3 = self.client("s3")
        try:
            service_permissions.require_image_access(self.kind.image(self.request), self.role_arn, self.scope)
            service_permissions.note_metrics(self.kind.log_group, self.role_arn, self.scope)
            self.kind.prepare(self, s3)
            self._update(**{f"{self.kind.name}StartTime": datetime.now(UTC)})
            code = self._run_container()
            self._conclude(s3, code)
        except JobError as error:
            self._update(status="Failed", FailureReason=str(error)[:_REASON_CHARACTERS])
        except Exception as error:  # noqa: BLE001 - whatever breaks, the job must end and say so
            _LOG.exception("job %s", self.name)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            self._update(status="Failed", FailureReason=reason[:_REASON_CHARACTERS])

    def _conclude(self, s3: Any, code: int | None) -> None:
        end = {f"{self.kind.name}EndTime": datetime.now(UTC)}
        if code is None or self._stop.is_set():
            self.kind.finish(self, s3, succeeded=False)
            self._update(status="Stopped", **end)
        elif code == 0:
            self.kind.finish(self, s3, succeeded=True)
            self._update(status="Completed", **end)
        else:
            self.kind.finish(self, s3, succeeded=False)
            exit_code = code if code > 0 else 128 - code  # as a shell and Docker count a death by signal
            said = self.kind.failure(self.ml_root)[:_REASON_CHARACTERS]
            self._update(status="Failed", FailureReason=f"AlgorithmError: {said}, exit code: {exit_code}", **end)

    def _run_container(self) -> int | None:
        """The exit code, or ``None`` if the job was stopped for taking too long."""
        output = self.ml_root.parent / "output.log"
        stream = f"{self.name}/algo-1-{int(time.time())}"
        shipper = LogShipper(self.client("logs"), self.kind.log_group, stream, output)
        kind = self.kind.name.upper()
        given = {
            f"{kind}_JOB_NAME": self.name,
            f"{kind}_JOB_ARN": self.arn,
            **(self.request.get("Environment") or {}),
        }
        session = None if self.kind.isolated(self.request) else self._credentials
        env = container.environment(given, session, self.scope.region, self.ml_root)
        with output.open("wb") as sink:
            try:
                process = processes.spawn(
                    self.kind.command(self.request, self.ml_root),
                    cwd=settings().code,
                    env=env,
                    output=sink,
                    on_exit=lambda _: self._ended.set(),
                )
            except OSError as error:
                raise JobError(f"AlgorithmError: cannot start the container: {error}, exit code: 127") from error
        timed_out = self._watch(process, shipper)
        shipper.ship()
        return None if timed_out else process.returncode

    def _watch(self, process: subprocess.Popen[bytes], shipper: LogShipper) -> bool:
        """Wait for the end; returns whether the job's time limit was the reason."""
        deadline = time.monotonic() + self.kind.max_seconds(self.request)
        kill_at: float | None = None
        timed_out = False
        shipped = time.monotonic()
        while not self._ended.wait(0.1):
            now = time.monotonic()
            if kill_at is None and (self._stop.is_set() or now >= deadline):
                timed_out = not self._stop.is_set()
                processes.end(process, signal.SIGTERM)
                kill_at = now + _STOP_GRACE_SECONDS
            elif kill_at is not None and now >= kill_at:
                processes.end(process)
            if now - shipped > _SHIP_EVERY_SECONDS:
                shipper.ship()
                shipped = now
        return timed_out

    def _update(self, status: str | None = None, **fields: Any) -> None:
        new = {**self.description, **fields, "LastModifiedTime": datetime.now(UTC)}
        if status:
            new[f"{self.kind.name}JobStatus"] = status
            if self.kind.name == "Training":
                new["SecondaryStatus"] = status if status != "InProgress" else "Training"
        self.description = new  # replaced as a whole, so that a reader never sees half an update
