"""Processing jobs: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shopkeeper_emulator.sagemaker import container, storage
from shopkeeper_emulator.sagemaker.errors import JobError
from shopkeeper_emulator.sagemaker.jobs import Job, JobKind

_DEFAULT_MAX_SECONDS = 86400


class Processing(JobKind):
    """Inputs to and outputs from any directory below ``/opt/ml/processing``."""

    name = "Processing"
    resource = "processing-job"
    log_group = "/aws/sagemaker/ProcessingJobs"

    def image(self, request: Mapping[str, Any]) -> str:
        return request["AppSpecification"]["ImageUri"]

    def max_seconds(self, request: Mapping[str, Any]) -> float:
        return float((request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", _DEFAULT_MAX_SECONDS))

    def command(self, request: Mapping[str, Any], ml_root: Path) -> list[str]:
        specification = request["AppSpecification"]
        return container.command(
            specification.get("ContainerEntrypoint") or container.IMAGE_ENTRYPOINT,
            specification.get("ContainerArguments") or (),
            ml_root,
        )

    def isolated(self, request: Mapping[str, Any]) -> bool:
        return bool((request.get("NetworkConfig") or {}).get("EnableNetworkIsolation"))

    def prepare(self, job: Job, s3: Any) -> None:
        configuration = job.ml_root / "config"
        configuration.mkdir(parents=True)
        shown = {"ProcessingJobArn": job.arn, **job.request}
        (configuration / "processingjobconfig.json").write_text(json.dumps(shown, default=str))
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
        (configuration / "resourceconfig.json").write_text(json.dumps(hosts))
        for item in job.request.get("ProcessingInputs") or ():
            source = item["S3Input"]
            target = _place(source["LocalPath"], job.ml_root)
            storage.download_prefix(s3, source["S3Uri"], target, job.role_arn, job.scope.region)
        for output in self._outputs(job.request):
            _place(output["LocalPath"], job.ml_root).mkdir(parents=True, exist_ok=True)

    def failure(self, ml_root: Path) -> str:
        message = ml_root / "output" / "message"
        return message.read_text(errors="replace").strip() if message.exists() else ""

    def finish(self, job: Job, s3: Any, succeeded: bool) -> None:
        if message := self.failure(job.ml_root):
            job.description["ExitMessage"] = message[:1024]
        for output in self._outputs(job.request):
            if succeeded or output.get("S3UploadMode") == "Continuous":
                storage.upload_directory(s3, _place(output["LocalPath"], job.ml_root), output["S3Uri"])

    @staticmethod
    def _outputs(request: Mapping[str, Any]) -> list[dict[str, Any]]:
        configuration = request.get("ProcessingOutputConfig") or {}
        return [output["S3Output"] for output in configuration.get("Outputs", ())]


def _place(path: str, ml_root: Path) -> Path:
    try:
        return container.local_path(path, ml_root)
    except ValueError as error:
        raise JobError(f"ClientError: {error}") from error
