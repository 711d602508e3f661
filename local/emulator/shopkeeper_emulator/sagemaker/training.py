"""Training jobs: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shopkeeper_emulator.sagemaker import container, storage
from shopkeeper_emulator.sagemaker.jobs import Job, JobKind


class Training(JobKind):
    """Channels in, ``model/`` and ``output/data/`` out as archives."""

    name = "Training"
    resource = "training-job"
    log_group = "/aws/sagemaker/TrainingJobs"

    def image(self, request: Mapping[str, Any]) -> str:
        return request["AlgorithmSpecification"]["TrainingImage"]

    def max_seconds(self, request: Mapping[str, Any]) -> float:
        return float(request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400))

    def command(self, request: Mapping[str, Any], ml_root: Path) -> list[str]:
        specification = request["AlgorithmSpecification"]
        arguments = specification.get("ContainerArguments")
        if entrypoint := specification.get("ContainerEntrypoint"):
            return container.command(entrypoint, arguments or (), ml_root)
        return container.command(container.IMAGE_ENTRYPOINT, arguments or ("train",), ml_root)

    def isolated(self, request: Mapping[str, Any]) -> bool:
        return bool(request.get("EnableNetworkIsolation"))

    def prepare(self, job: Job, s3: Any) -> None:
        request = job.request
        configuration = job.ml_root / "input" / "config"
        configuration.mkdir(parents=True)
        for folder in ("model", "output/data", "input/data"):
            (job.ml_root / folder).mkdir(parents=True, exist_ok=True)
        channels = request.get("InputDataConfig") or []
        files = {
            "hyperparameters": request.get("HyperParameters") or {},
            "resourceconfig": {
                "current_host": "algo-1",
                "hosts": ["algo-1"],
                "current_instance_type": request["ResourceConfig"].get("InstanceType", ""),
            },
            "inputdataconfig": {
                channel["ChannelName"]: {
                    "TrainingInputMode": "File",
                    "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                        "S3DataDistributionType", "FullyReplicated"
                    ),
                    "RecordWrapperType": channel.get("RecordWrapperType", "None"),
                }
                for channel in channels
            },
        }
        for name, content in files.items():
            (configuration / f"{name}.json").write_text(json.dumps(content))
        for channel in channels:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            target = job.ml_root / "input" / "data" / channel["ChannelName"]
            storage.download_prefix(s3, uri, target, job.role_arn, job.scope.region)

    def failure(self, ml_root: Path) -> str:
        file = ml_root / "output" / "failure"
        return file.read_text(errors="replace").strip() if file.exists() else ""

    def finish(self, job: Job, s3: Any, succeeded: bool) -> None:
        bucket, prefix = storage.split_uri(job.request["OutputDataConfig"]["S3OutputPath"])
        base = "/".join(part for part in (prefix.rstrip("/"), job.name, "output") if part)
        if succeeded:
            self._upload(job.ml_root / "model", "model.tar.gz", s3, bucket, base)
            job.description["ModelArtifacts"] = {"S3ModelArtifacts": f"s3://{bucket}/{base}/model.tar.gz"}
        if any((job.ml_root / "output" / "data").iterdir()):
            self._upload(job.ml_root / "output" / "data", "output.tar.gz", s3, bucket, base)

    @staticmethod
    def _upload(source: Path, name: str, s3: Any, bucket: str, base: str) -> None:
        archive = source.parent / f".{name}"
        storage.archive(source, archive)
        storage.upload_file(s3, archive, bucket, f"{base}/{name}")
        archive.unlink()
