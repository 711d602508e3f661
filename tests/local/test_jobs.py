"""SageMaker jobs behave as on AWS."""

import io
import json
import tarfile

import pytest
from botocore.exceptions import ClientError

from tests.local import jobs
from tests.local.conftest import wait_for

pytestmark = pytest.mark.cloud


def read(cloud, key: str) -> bytes:
    """An object of the probe's bucket."""
    return cloud.client("s3").get_object(Bucket="probe-data", Key=key)["Body"].read()


def test_processing_job_has_sagemakers_layout(cloud, finish):
    # GIVEN a processing job with an input and an output

    # WHEN it has run
    request = jobs.processing_job("layout", "process", Environment={"SHOPKEEPER_FAMILY": "churn"})
    cloud.client("sagemaker").create_processing_job(**request)
    end = finish("Processing", "layout")

    # THEN it saw its data and settings where SageMaker puts them, and its files were uploaded
    assert end["ProcessingJobStatus"] == "Completed", end.get("FailureReason")
    report = json.loads(read(cloud, "reports/layout/report.json"))
    assert {"processing/input/features/train.csv", "processing/input/features/deep/more.csv"} <= set(report["files"])
    assert "config/resourceconfig.json" in report["files"]
    assert report["environment"]["SHOPKEEPER_FAMILY"] == "churn"
    assert read(cloud, "reports/layout/deep/part.txt") == b"part"


def test_job_sees_no_secret_of_this_machine(cloud, finish, monkeypatch):
    # GIVEN a finished job
    cloud.client("sagemaker").create_processing_job(**jobs.processing_job("clean", "process"))
    assert finish("Processing", "clean")["ProcessingJobStatus"] == "Completed"

    # WHEN its environment is read
    environment = json.loads(read(cloud, "reports/clean/report.json"))["environment"]

    # THEN there are its role's temporary credentials and nothing of the emulator's
    assert environment["AWS_SESSION_TOKEN"]
    assert environment["AWS_ACCESS_KEY_ID"] != "test"
    assert not {"ROOT_ACCESS_KEYS", "PYTEST_CURRENT_TEST"} & set(environment)


def test_job_acts_as_its_role(cloud, finish):
    # GIVEN a job that asks who it is
    cloud.client("sagemaker").create_processing_job(**jobs.processing_job("whoami", "whoami"))

    # WHEN it has ended
    end = finish("Processing", "whoami")

    # THEN it was its role
    assert end["ProcessingJobStatus"] == "Completed", end.get("FailureReason")
    assert json.loads(read(cloud, "reports/whoami/whoami.json"))["arn"].endswith(":assumed-role/probe-job/SageMaker")


def test_job_without_a_permission_fails(cloud, finish):
    # GIVEN a job that reads a table its role may not read
    cloud.client("sagemaker").create_processing_job(**jobs.processing_job("forbidden", "forbidden"))

    # WHEN it has ended
    end = finish("Processing", "forbidden")

    # THEN it failed with the container's exit code, and the refusal is in its log
    assert end["ProcessingJobStatus"] == "Failed"
    assert end["FailureReason"] == "AlgorithmError: , exit code: 1"
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/sagemaker/ProcessingJobs")["events"]
    assert any("not authorized to perform: dynamodb:GetItem" in event["message"] for event in events)


def test_role_that_cannot_pull_the_image_fails_the_job(cloud, finish):
    # GIVEN a role without access to the registry
    role_arn = "arn:aws:iam::000000000000:role/probe-pulls-nothing"

    # WHEN a job uses it
    cloud.client("sagemaker").create_processing_job(**jobs.processing_job("no-pull", "process", RoleArn=role_arn))
    end = finish("Processing", "no-pull")

    # THEN the job fails and says which permission is missing
    assert end["ProcessingJobStatus"] == "Failed"
    assert "ecr:GetAuthorizationToken" in end["FailureReason"]


def test_missing_input_fails_the_job_with_sagemakers_words(cloud, finish):
    # GIVEN a job whose input has no object
    request = jobs.processing_job("no-input", "process")
    request["ProcessingInputs"][0]["S3Input"]["S3Uri"] = "s3://probe-data/nothing-here"

    # WHEN it runs
    cloud.client("sagemaker").create_processing_job(**request)
    end = finish("Processing", "no-input")

    # THEN it fails before the container starts
    assert end["ProcessingJobStatus"] == "Failed"
    assert "No S3 objects found under S3 URL" in end["FailureReason"]
    assert "ProcessingStartTime" not in end


def test_training_job_leaves_archives(cloud, finish):
    # GIVEN a training job with a channel

    # WHEN it has run
    cloud.client("sagemaker").create_training_job(**jobs.training_job("trained", "", {"do": "succeed"}))
    end = finish("Training", "trained")

    # THEN the model and the extra output are archives at their places
    assert end["TrainingJobStatus"] == "Completed", end.get("FailureReason")
    uri = end["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == "s3://probe-data/models/trained/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(read(cloud, "models/trained/output/model.tar.gz"))) as model:
        assert model.getnames() == ["model.json"]
        member = model.extractfile("model.json")
        assert member is not None
        seen = json.load(member)["seen"]
    assert {"input/config/hyperparameters.json", "input/data/features/train.csv"} <= set(seen)
    with tarfile.open(fileobj=io.BytesIO(read(cloud, "models/trained/output/output.tar.gz"))) as output:
        assert output.getnames() == ["notes.txt"]


def test_failure_file_becomes_the_reason(cloud, finish):
    # GIVEN a container that says why it fails
    cloud.client("sagemaker").create_training_job(**jobs.training_job("failed", "", {"do": "fail"}))

    # WHEN the job has ended
    end = finish("Training", "failed")

    # THEN its words are the reason
    assert end["TrainingJobStatus"] == "Failed"
    assert end["FailureReason"] == "AlgorithmError: too few customers: 3, at least 100 are needed, exit code: 1"


def test_killed_process_fails_the_job(cloud, finish):
    # GIVEN a training process that is killed
    cloud.client("sagemaker").create_training_job(**jobs.training_job("killed", "", {"do": "killed"}))

    # WHEN the job has ended
    end = finish("Training", "killed")

    # THEN the exit code is that of a container killed by the kernel
    assert end["TrainingJobStatus"] == "Failed"
    assert end["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_time_limit_stops_the_job(cloud, finish):
    # GIVEN a job that may run for one second
    limit = {"MaxRuntimeInSeconds": 1}
    request = jobs.processing_job("limited", "sleep", StoppingCondition=limit)

    # WHEN it runs longer
    cloud.client("sagemaker").create_processing_job(**request)
    end = finish("Processing", "limited")

    # THEN it is stopped
    assert end["ProcessingJobStatus"] == "Stopped"


def test_stop_ends_the_process(cloud, finish):
    # GIVEN a running job
    client = cloud.client("sagemaker")
    client.create_processing_job(**jobs.processing_job("stopped", "sleep"))
    wait_for(lambda: "ProcessingStartTime" in client.describe_processing_job(ProcessingJobName="stopped"))

    # WHEN it is stopped
    client.stop_processing_job(ProcessingJobName="stopped")

    # THEN it ends as stopped
    assert finish("Processing", "stopped")["ProcessingJobStatus"] == "Stopped"


def test_name_is_used_once(cloud, finish):
    # GIVEN a job
    client = cloud.client("sagemaker")
    client.create_processing_job(**jobs.processing_job("once", "process"))

    # WHEN another of that name is created
    with pytest.raises(ClientError) as refused:
        client.create_processing_job(**jobs.processing_job("once", "process"))

    # THEN it is refused, and the first one goes on
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    assert finish("Processing", "once")["ProcessingJobStatus"] == "Completed"


def test_jobs_are_listed_by_status(cloud, finish):
    # GIVEN a failed and a completed job
    client = cloud.client("sagemaker")
    client.create_training_job(**jobs.training_job("listed-good", "", {"do": "succeed"}))
    client.create_training_job(**jobs.training_job("listed-bad", "", {"do": "fail"}))
    finish("Training", "listed-good")
    finish("Training", "listed-bad")

    # WHEN the failed ones are listed
    found = client.list_training_jobs(NameContains="listed", StatusEquals="Failed")["TrainingJobSummaries"]

    # THEN only that one is
    assert [job["TrainingJobName"] for job in found] == ["listed-bad"]


def test_isolated_container_reaches_no_service(cloud, finish):
    # GIVEN a job whose container is isolated from the network
    request = jobs.processing_job("isolated", "process", NetworkConfig={"EnableNetworkIsolation": True})

    # WHEN it has run
    cloud.client("sagemaker").create_processing_job(**request)
    end = finish("Processing", "isolated")

    # THEN its data came and went, but it had no credentials
    assert end["ProcessingJobStatus"] == "Completed", end.get("FailureReason")
    environment = json.loads(read(cloud, "reports/isolated/report.json"))["environment"]
    assert "AWS_ACCESS_KEY_ID" not in environment


def test_registration_is_idempotent_by_token(cloud):
    # GIVEN a package registered with a token
    client = cloud.client("sagemaker")
    request = {"ModelPackageGroupName": "probe-packages", "ClientToken": "run-1", "ModelApprovalStatus": "Approved"}
    first = client.create_model_package(**request)["ModelPackageArn"]

    # WHEN the registration is retried
    second = client.create_model_package(**request)["ModelPackageArn"]

    # THEN there is one version
    assert first == second
    packages = client.list_model_packages(ModelPackageGroupName="probe-packages")["ModelPackageSummaryList"]
    assert len(packages) == 1
