"""Requests of SageMaker jobs that run the image of ``container/``."""

from typing import Any

ACCOUNT = "000000000000"
REGION = "us-east-1"


def arn(service: str, resource: str) -> str:
    """ARN of a resource in the local account."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def training_job(name: str, role_arn: str, parameters: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A request of CreateTrainingJob."""
    return {
        "TrainingJobName": name,
        "RoleArn": role_arn or arn("iam", "role/probe-job").replace(REGION, ""),
        "AlgorithmSpecification": {
            "TrainingImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/probe:1",
            "TrainingInputMode": "File",
        },
        "HyperParameters": parameters,
        "InputDataConfig": [
            {
                "ChannelName": "features",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://probe-data/features"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://probe-data/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def processing_job(name: str, do: str, **changes: Any) -> dict[str, Any]:
    """A request of CreateProcessingJob."""
    return {
        "ProcessingJobName": name,
        "RoleArn": arn("iam", "role/probe-job").replace(REGION, ""),
        "AppSpecification": {
            "ImageUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/probe:1",
            "ContainerEntrypoint": ["python", "-m", "training"],
            "ContainerArguments": [do],
        },
        "ProcessingInputs": [
            {
                "InputName": "features",
                "S3Input": {
                    "S3Uri": "s3://probe-data/features",
                    "LocalPath": "/opt/ml/processing/input/features",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": f"s3://probe-data/reports/{name}",
                        "LocalPath": "/opt/ml/processing/output/report",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }
