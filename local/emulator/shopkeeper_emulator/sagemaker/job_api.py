"""The API of one kind of job: create, describe, list, stop."""

import re
import threading
from collections.abc import Callable
from typing import Any

from localemu.aws.api import RequestContext

from shopkeeper_emulator.iam.needs import Scope
from shopkeeper_emulator.sagemaker.errors import ResourceInUse, ValidationError
from shopkeeper_emulator.sagemaker.jobs import Job, JobKind

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_SUMMARY = ("CreationTime", "LastModifiedTime", "FailureReason", "ExitMessage")


class JobApi:
    """Jobs of one kind by account, region and name."""

    def __init__(self, kind: JobKind) -> None:
        self._kind = kind
        self._jobs: dict[tuple[Scope, str], Job] = {}
        self._lock = threading.Lock()

    def operations(self) -> dict[str, Callable[[RequestContext, dict[str, Any]], dict[str, Any]]]:
        """Operation name -> handler, for the provider's dispatch table."""
        name = self._kind.name
        return {
            f"Create{name}Job": self.create,
            f"Describe{name}Job": self.describe,
            f"List{name}Jobs": self.list,
            f"Stop{name}Job": self.stop,
        }

    def create(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Start a job; a name is used once, ever."""
        scope = Scope(context.account_id, context.region)
        name = request[f"{self._kind.name}JobName"]
        if not _NAME.fullmatch(name):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at '{self._kind.name.lower()}JobName' failed to satisfy "
                f"constraint: Member must satisfy regular expression pattern: {_NAME.pattern}"
            )
        with self._lock:
            if taken := self._jobs.get((scope, name)):
                raise ResourceInUse(self._kind.name, taken.arn)
            job = self._jobs[scope, name] = Job(self._kind, request, scope)
        job.start()
        return {f"{self._kind.name}JobArn": job.arn}

    def describe(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Everything known about a job."""
        return self._find(context, request).description

    def list(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries, newest first, by ``NameContains`` and ``StatusEquals``."""
        scope = Scope(context.account_id, context.region)
        jobs = [job for (where, _), job in self._jobs.items() if where == scope]
        contains, status = request.get("NameContains") or "", request.get("StatusEquals")
        wanted = [job for job in jobs if contains in job.name and status in (None, job.status)]
        wanted.sort(key=lambda job: job.description["CreationTime"], reverse=request.get("SortOrder") != "Ascending")
        return {f"{self._kind.name}JobSummaries": [self._summary(job) for job in wanted[: request.get("MaxResults")]]}

    def stop(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a running job; one that has ended stays as it is."""
        self._find(context, request).stop()
        return {}

    def _find(self, context: RequestContext, request: dict[str, Any]) -> Job:
        name = request[f"{self._kind.name}JobName"]
        job = self._jobs.get((Scope(context.account_id, context.region), name))
        if job is None:
            raise ValidationError(f"Could not find requested job with name: {name}")
        return job

    def _summary(self, job: Job) -> dict[str, Any]:
        kind = self._kind.name
        own = (f"{kind}JobName", f"{kind}JobArn", f"{kind}JobStatus", f"{kind}EndTime")
        return {field: job.description[field] for field in (*own, *_SUMMARY) if field in job.description}
