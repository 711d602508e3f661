"""SageMaker endpoints behave as on AWS."""

import json

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.cloud


def test_endpoint_answers_through_its_container(cloud):
    # GIVEN an endpoint made by CloudFormation
    runtime = cloud.client("sagemaker-runtime")

    # WHEN it is invoked with custom attributes
    attributes = json.dumps({"version": "3"})
    answer = runtime.invoke_endpoint(
        EndpointName="probe", Body=b"hello", ContentType="text/plain", CustomAttributes=attributes
    )

    # THEN the container's answer comes back, with the model's settings and the attributes passed through
    body = json.loads(answer["Body"].read())
    assert (body["body"], body["attributes"], body["setting"]) == ("hello", attributes, "from the template")
    assert answer["CustomAttributes"] == attributes
    assert answer["InvokedProductionVariant"] == "live"


def test_server_is_kept_between_invocations(cloud):
    # GIVEN an endpoint that was invoked
    runtime = cloud.client("sagemaker-runtime")

    # WHEN it is invoked twice
    pids = {json.loads(runtime.invoke_endpoint(EndpointName="probe", Body=b"x")["Body"].read())["pid"] for _ in "ab"}

    # THEN one process answered both
    assert len(pids) == 1


def test_container_error_is_a_model_error(cloud):
    # GIVEN a container that fails
    runtime = cloud.client("sagemaker-runtime")

    # WHEN it is invoked
    with pytest.raises(ClientError) as failed:
        runtime.invoke_endpoint(EndpointName="probe", Body=b"break")

    # THEN the error is SageMaker's, with the container's words
    assert failed.value.response["Error"]["Code"] == "ModelError"
    assert 'Received server error (500) from primary with message "broken on request"' in str(failed.value)


def test_unknown_endpoint_is_refused(cloud):
    # GIVEN no endpoint of that name
    runtime = cloud.client("sagemaker-runtime")

    # WHEN it is invoked
    with pytest.raises(ClientError) as refused:
        runtime.invoke_endpoint(EndpointName="absent", Body=b"x")

    # THEN the answer says so
    assert "Endpoint absent of account 000000000000 not found." in str(refused.value)
