"""Runs ASL in process: moto's interpreter, the real handlers as its functions, and jobs that a test stands in for.

The interpreter forwards `lambda:invoke` to Lambda and knows no `.sync` for SageMaker; both are given to it here. The
request of a job goes through the SDK and moto, so that what SageMaker would refuse for its shape is refused.
"""

import io
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils, state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from tests.functions.support import session_client

Job = Callable[[dict], None]
"""What a container would do, given the request; raising fails the job."""


class InProcessLambda:
    """`invoke` as Lambda answers it: the handler's result, or its error as `FunctionError`."""

    def __init__(self, handlers: dict[str, Callable], context: object) -> None:
        self.handlers, self.context = handlers, context
        self.calls: list[str] = []

    def invoke(self, FunctionName, Payload, **_):
        self.calls.append(FunctionName)
        try:
            # Lambda hands over JSON and takes JSON back: nothing else may pass between states.
            result = self.handlers[FunctionName](json.loads(Payload), self.context)
            return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(result).encode())}
        except Exception as error:
            if hasattr(error, "response"):
                raise
            body = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(body).encode())}


def sagemaker_service(jobs: dict[str, Job], requests: list[tuple[str, dict]]) -> type[StateTaskServiceCallback]:
    """The `.sync` pattern of SageMaker's jobs. `jobs` by container argument, `train` for training jobs."""

    class SageMakerJobs(StateTaskServiceCallback):
        def __init__(self):
            # The interpreter waits for a job on the end point that it makes for task tokens, so both have to be there.
            patterns = {ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
            super().__init__(supported_integration_patterns=patterns)

        def _validate_service_integration_is_supported(self):
            pass

        def _eval_service_task(self, env, resource_runtime_part, normalised_parameters, state_credentials):
            request = normalised_parameters
            training = "TrainingJobName" in request
            step = "train" if training else request["AppSpecification"]["ContainerArguments"][0]
            requests.append((step, request))
            client = session_client("sagemaker")
            (client.create_training_job if training else client.create_processing_job)(**request)
            env.stack.append({})

        def _build_sync_resolver(self, env, resource_runtime_part, normalised_parameters, state_credentials):
            env.stack.pop()
            step, request = requests[-1]

            def resolve():
                try:
                    jobs[step](request)
                except Exception as error:
                    details = TaskFailedEventDetails(
                        resource="sagemaker", resourceType="job", error="States.TaskFailed", cause=str(error)
                    )
                    raise FailureEventException(
                        FailureEvent(
                            env=env,
                            error_name=StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
                            event_type=HistoryEventType.TaskFailed,
                            event_details=EventDetails(taskFailedEventDetails=details),
                        )
                    ) from error
                if step == "train":
                    folder = f"{request['OutputDataConfig']['S3OutputPath']}/{request['TrainingJobName']}"
                    return {"ModelArtifacts": {"S3ModelArtifacts": f"{folder}/output/model.tar.gz"}}
                return {"ProcessingJobStatus": "Completed"}

            return resolve

    return SageMakerJobs


def install(monkeypatch, functions: InProcessLambda, jobs: dict[str, Job]) -> list[tuple[str, dict]]:
    """Give both to the interpreter for one test; the list fills with the jobs' requests."""
    requests: list[tuple[str, dict]] = []
    original = state_task_factory.state_task_service_for
    service = sagemaker_service(jobs, requests)
    monkeypatch.setattr(
        state_task_factory,
        "state_task_service_for",
        lambda service_name: service() if service_name == "sagemaker" else original(service_name),
    )
    monkeypatch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: functions)
    monkeypatch.setattr(Timestamp, "_get_wait_seconds", seconds_to_wait)
    return requests


def seconds_to_wait(self, env) -> int:
    """Until the timestamp is over, as AWS does: the interpreter's own wait ends up to two seconds before it."""
    self.string.eval(env=env)
    until = datetime.fromisoformat(env.stack.pop())
    return max(math.ceil((until - datetime.now(UTC)).total_seconds()), 0)


def lambda_context() -> SimpleNamespace:
    """A Lambda context."""
    return SimpleNamespace(
        function_name="step",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:step",
        aws_request_id="00000000-0000-4000-8000-000000000000",
    )
