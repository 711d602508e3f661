"""A Step Functions state machine from an ASL file that several families share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import access, naming
from infra.access import Grant
from infra.constructs.function import Function
from infra.constructs.log_group import log_group
from infra.packaging import ROOT
from infra.settings import Settings

# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
_LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
]
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class WorkflowError(ValueError):
    """The ASL file and the stack disagree about its placeholders."""


def _definition(name: str, substitutions: Mapping[str, str]) -> str:
    path = ROOT / "stepfunctions" / f"{name}.asl.json"
    text = path.read_text("utf-8")
    asked, given = set(_PLACEHOLDER.findall(text)), set(substitutions)
    if asked != given:
        raise WorkflowError(
            f"{path}: placeholders without a value: {sorted(asked - given)}; values without a placeholder: "
            f"{sorted(given - asked)}. Correct the file or the stack that deploys it."
        )
    return text


class Workflow(Construct):
    """`stepfunctions/<name>.asl.json`, its role, its log.

    Of a step called `some_step` the file knows the ARN as `${SomeStepFunctionArn}`; `substitutions` are its other
    placeholders, `grants` what its states do besides calling the steps.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        name: str,
        substitutions: Mapping[str, str],
        steps: Sequence[Function],
        grants: Sequence[Grant],
    ) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        self.name = naming.name(settings.name, name)
        arns = {f"{naming.pascal(step.spec.name)}FunctionArn": step.function.function_arn for step in steps}
        placeholders = {**arns, **substitutions}
        self.arn = naming.arn(stack, "states", f"stateMachine:{self.name}")
        role = access.role(self, "Role", "states.amazonaws.com", f"What {self.name} may do")
        logs = log_group(self, "Logs", name=f"/aws/vendedlogs/states/{self.name}", days=settings.retention.log_days)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self.name,
            definition_body=sfn.DefinitionBody.from_string(_definition(name, placeholders)),
            definition_substitutions=placeholders,
            role=role.without_policy_updates(),
            tracing_enabled=True,
            # Inputs and outputs stay out of the log: they are in the execution's history, under its own permission.
            logs=sfn.LogOptions(destination=logs, level=sfn.LogLevel.ALL, include_execution_data=False),
        )
        policy = access.grant(
            self,
            role,
            [
                access.allow(["lambda:InvokeFunction"], *arns.values()),
                *grants,
                access.allow(["states:StartExecution"], self.arn),
                access.allow(
                    ["states:DescribeExecution", "states:StopExecution"],
                    naming.arn(stack, "states", f"execution:{self.name}/*"),
                    because="Executions of a distributed map are named when they start.",
                ),
                access.tracing(),
                access.allow(
                    _LOG_DELIVERY,
                    "*",
                    because="The actions by which Step Functions sets up log delivery have no resource type.",
                ),
            ],
        )
        self.machine.node.add_dependency(policy)
