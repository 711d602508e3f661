"""Step Functions' ``.sync`` pattern for SageMaker jobs, which LocalEmu does not support.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from localemu.aws.api.stepfunctions import HistoryEventType, TaskFailedEventDetails
from localemu.services.stepfunctions.asl.component.common.error_name.custom_error_name import CustomErrorName
from localemu.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localemu.services.stepfunctions.asl.component.common.error_name.states_error_name import StatesErrorName
from localemu.services.stepfunctions.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from localemu.services.stepfunctions.asl.component.state.state_execution.state_task import state_task_factory
from localemu.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import StateCredentials
from localemu.services.stepfunctions.asl.component.state.state_execution.state_task.service import (
    state_task_service_callback as callback,
)
from localemu.services.stepfunctions.asl.component.state.state_execution.state_task.service.resource import (
    ResourceCondition,
    ResourceRuntimePart,
)
from localemu.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service import (
    StateTaskService,
)
from localemu.services.stepfunctions.asl.eval.environment import Environment
from localemu.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localemu.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser
from localemu.services.stepfunctions.asl.utils.boto_client import boto_client_for

from shopkeeper_emulator.iam.enforcement import authorize
from shopkeeper_emulator.iam.needs import Need, Scope

# Errors that keep their name; every other is an AmazonSageMakerException.
_NAMED_ERRORS = frozenset({"ResourceLimitExceeded", "ResourceInUse", "ThrottlingException"})
_ENDED = frozenset({"Completed", "Failed", "Stopped"})
_EVENT_ACTIONS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")


_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?=\s*[,}])')


@dataclass(frozen=True)
class _JobApi:
    """Names of one kind of job in the API."""

    kind: str

    @property
    def name_field(self) -> str:
        return f"{self.kind}JobName"

    @property
    def status_field(self) -> str:
        return f"{self.kind}JobStatus"

    @property
    def rule(self) -> str:
        """The managed rule that tells Step Functions of the job's end."""
        return f"StepFunctionsGetEventsForSageMaker{self.kind}JobsRule"


def _epoch_milliseconds(value: Any) -> Any:
    """Times as Step Functions shows them, at any depth."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {k: _epoch_milliseconds(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_epoch_milliseconds(v) for v in value]
    return value


class StateTaskServiceSageMaker(callback.StateTaskServiceCallback):
    """``arn:aws:states:::sagemaker:create…Job`` and the same with ``.sync``."""

    def __init__(self) -> None:
        super().__init__(supported_integration_patterns={ResourceCondition.Sync})

    def _validate_service_integration_is_supported(self) -> None:
        """Every operation of the API may be named; the API itself judges the parameters."""

    def _job_api(self) -> _JobApi:
        match = re.fullmatch(r"create(Processing|Training|Transform)Job", self.resource.api_action)
        if not match:
            raise RuntimeError(f"no .sync pattern for {self.resource.resource_arn}")
        return _JobApi(match[1])

    def _from_error(self, env: Environment, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        code = ex.response["Error"]["Code"]
        kept = code.removesuffix("Exception") + "Exception" if code in _NAMED_ERRORS else "AmazonSageMakerException"
        metadata = ex.response["ResponseMetadata"]
        cause = (
            f"{ex.response['Error']['Message']} (Service: AmazonSageMaker; "
            f"Status Code: {metadata['HTTPStatusCode']}; Error Code: {code}; Request ID: {metadata['RequestId']})"
        )
        name = f"SageMaker.{kept}"
        return self._failure(env, CustomErrorName(name), name, cause)

    def _failure(self, env: Environment, name: Any, error: str, cause: str) -> FailureEvent:
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type(), error=error, cause=cause
        )
        return FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )

    def _eval_service_task(
        self,
        env: Environment,
        resource_runtime_part: ResourceRuntimePart,
        normalised_parameters: dict,
        state_credentials: StateCredentials,
    ) -> None:
        if self.resource.condition == ResourceCondition.Sync:
            self._require_events(env, resource_runtime_part, state_credentials)
        client = boto_client_for("sagemaker", resource_runtime_part.region, state_credentials)
        response = getattr(client, self._get_boto_service_action())(**normalised_parameters)
        response.pop("ResponseMetadata", None)
        env.stack.append(_epoch_milliseconds(response))

    def _require_events(self, env: Environment, part: ResourceRuntimePart, state_credentials: StateCredentials) -> None:
        """Step Functions learns of the end through a managed EventBridge rule, which the role must let it keep."""
        scope = Scope(part.account, part.region)
        rule = scope.arn("events", f"rule/{self._job_api().rule}")
        needs = [Need(action, rule) for action in _EVENT_ACTIONS]
        if refused := authorize(state_credentials.role_arn, needs, scope, "StepFunctions"):
            name = "SageMaker.AmazonSageMakerException"
            raise FailureEventException(self._failure(env, CustomErrorName(name), name, refused))

    def _build_sync_resolver(
        self,
        env: Environment,
        resource_runtime_part: ResourceRuntimePart,
        normalised_parameters: dict,
        state_credentials: StateCredentials,
    ) -> Callable[[], Any | None]:
        env.stack.pop()
        api = self._job_api()
        job = {api.name_field: normalised_parameters[api.name_field]}
        client = boto_client_for("sagemaker", resource_runtime_part.region, state_credentials)
        describe = getattr(client, f"describe_{api.kind.lower()}_job")

        def resolve() -> Any | None:
            description = describe(**job)
            if description[api.status_field] not in _ENDED:
                return None
            description.pop("ResponseMetadata", None)
            description = _epoch_milliseconds(description)
            if description[api.status_field] == "Completed":
                return description
            failed = StatesErrorNameType.StatesTaskFailed
            cause = json.dumps(description)
            raise FailureEventException(self._failure(env, StatesErrorName(typ=failed), failed.to_name(), cause))

        return resolve

    def _eval_integration_pattern(
        self,
        env: Environment,
        resource_runtime_part: ResourceRuntimePart,
        normalised_parameters: dict,
        state_credentials: StateCredentials,
    ) -> None:
        """Wait for the end; a task that was aborted or timed out stops its job, as in AWS."""
        super()._eval_integration_pattern(env, resource_runtime_part, normalised_parameters, state_credentials)
        if env.is_running():
            return
        api = self._job_api()
        client = boto_client_for("sagemaker", resource_runtime_part.region, state_credentials)
        stop = getattr(client, f"stop_{api.kind.lower()}_job")
        stop(**{api.name_field: normalised_parameters[api.name_field]})


def _parse_with(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """LocalEmu's grammar wants a fraction where the language allows a whole percentage."""

    def lenient(definition: str) -> Any:
        return parse(_WHOLE_PERCENTAGE.sub(r"\1.0", definition))

    return lenient


def install() -> None:
    """Use this for the service ``sagemaker`` and LocalEmu's own for every other."""
    original = state_task_factory.state_task_service_for

    def service_for(service_name: str) -> StateTaskService:
        return StateTaskServiceSageMaker() if service_name == "sagemaker" else original(service_name)

    state_task_factory.state_task_service_for = service_for
    AmazonStateLanguageParser.parse = staticmethod(_parse_with(AmazonStateLanguageParser.parse))
