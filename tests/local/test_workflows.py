"""Step Functions, schedules and events behave as on AWS."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.local.conftest import wait_for

pytestmark = pytest.mark.cloud


def test_sync_task_waits_for_its_job(cloud, execute):
    # GIVEN a workflow with a .sync training task
    name = f"sync-{uuid4().hex[:8]}"

    # WHEN it runs
    end = execute(cloud.output("TrainArn"), name=name, parameters={"do": "succeed"})

    # THEN its output is the job's description
    assert end["status"] == "SUCCEEDED", end.get("cause")
    output = json.loads(end["output"])
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/{name}/output/model.tar.gz")


def test_failed_job_fails_its_task_with_the_reason(cloud, execute):
    # GIVEN a training job that will be killed
    name = f"sync-{uuid4().hex[:8]}"

    # WHEN the workflow runs it
    end = execute(cloud.output("TrainArn"), name=name, parameters={"do": "killed"})

    # THEN the task failed, and the cause is the job's description
    assert (end["status"], end["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(end["cause"])["FailureReason"] == "AlgorithmError: , exit code: 137"


def test_taken_job_name_is_sagemakers_error(cloud, execute):
    # GIVEN a name that is taken
    name = f"sync-{uuid4().hex[:8]}"
    execute(cloud.output("TrainArn"), name=name, parameters={"do": "succeed"})

    # WHEN a workflow uses it again
    end = execute(cloud.output("TrainArn"), name=name, parameters={"do": "succeed"})

    # THEN the error names the service and the reason
    assert end["error"] == "SageMaker.ResourceInUseException"


def test_stopped_execution_stops_its_job(cloud, finish):
    # GIVEN a workflow waiting for a long job
    client = cloud.client("stepfunctions")
    name = f"sync-{uuid4().hex[:8]}"
    given = json.dumps({"name": name, "parameters": {"do": "sleep"}})
    execution = client.start_execution(stateMachineArn=cloud.output("TrainArn"), input=given)["executionArn"]
    sagemaker = cloud.client("sagemaker")
    wait_for(lambda: sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"])

    # WHEN the execution is stopped
    client.stop_execution(executionArn=execution)

    # THEN the job is, too
    assert finish("Training", name)["TrainingJobStatus"] == "Stopped"


def test_function_error_takes_the_catch(cloud, execute):
    # GIVEN a workflow that catches the function's error

    # WHEN the function raises it
    end = execute(cloud.output("CatchArn"), do="fail", message="no such family")

    # THEN the catch has Lambda's error and cause
    assert end["status"] == "SUCCEEDED", end.get("cause")
    error = json.loads(end["output"])["error"]
    assert error["Error"] == "ValueError"
    assert json.loads(error["Cause"])["errorMessage"] == "no such family"


def test_uncaught_error_fails_the_execution(cloud, execute):
    # GIVEN a workflow that catches another error

    # WHEN the function's process ends
    end = execute(cloud.output("CatchArn"), do="exit", code=1)

    # THEN the execution failed with Lambda's error
    assert (end["status"], end["error"]) == ("FAILED", "Runtime.ExitError")


def test_distributed_map_reads_chunks_and_puts_an_event(cloud, execute):
    # GIVEN a Distributed Map over a file of three chunks

    # WHEN it runs
    end = execute(cloud.output("MapArn"))

    # THEN each was handled under the workflow's role, and the event was put on the bus
    assert end["status"] == "SUCCEEDED", end.get("cause")
    assert sorted(item["value"] for item in json.loads(end["output"])) == [0, 1, 2]
    used = {(c["action"], c["resource"]) for c in cloud.calls() if c["role"].startswith("probe-WorkflowRole")}
    assert ("events:PutEvents", "arn:aws:events:us-east-1:000000000000:event-bus/probe-bus") in used
    assert ("s3:GetObject", "arn:aws:s3:::probe-data/chunks.json") in used


def test_workflow_without_a_permission_fails(cloud, execute):
    # GIVEN a workflow whose role may call one function only
    client = cloud.client("stepfunctions")
    described = client.describe_state_machine(stateMachineArn=cloud.output("CatchArn"))
    definition = described["definition"].replace("probe-main", "probe-poor")
    machine = client.create_state_machine(name="probe-refused", definition=definition, roleArn=described["roleArn"])

    # WHEN it calls another
    end = execute(machine["stateMachineArn"], do="echo")

    # THEN it is refused
    assert end["status"] == "FAILED"
    assert "not authorized to perform: lambda:InvokeFunction" in end["cause"]


def test_schedule_fires_with_its_input(cloud):
    # GIVEN a schedule that is off
    scheduler = cloud.client("scheduler")
    schedule = scheduler.get_schedule(Name="probe-schedule")
    changed = {k: schedule[k] for k in ("Name", "FlexibleTimeWindow", "Target")}

    # WHEN it is set to a moment from now
    due = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.update_schedule(**changed, ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})", State="ENABLED")

    # THEN the workflow is started with the schedule's input, as the schedule's role
    client = cloud.client("stepfunctions")

    def started():
        executions = client.list_executions(stateMachineArn=cloud.output("CatchArn"))["executions"]
        inputs = [client.describe_execution(executionArn=e["executionArn"])["input"] for e in executions]
        return [text for text in inputs if "by schedule" in text]

    found = wait_for(started)
    assert json.loads(found[0]) == {"do": "fail", "message": "by schedule"}
    assert any(c["role"].startswith("probe-ScheduleRole") and c["allowed"] for c in cloud.calls())
