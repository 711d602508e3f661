"""One Lambda function: arm64, own package, own role, own log group, traced."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import access, naming, packaging
from infra.access import Grant
from infra.acknowledge import acknowledge
from infra.constructs.log_group import log_group
from infra.functions import FunctionSpec
from infra.settings import Settings


@jsii.implements(cdk.ILocalBundling)
class _Package:
    """Packages a function on this machine; CDK would turn to Docker only if this said that it could not."""

    def __init__(self, spec: FunctionSpec, target: packaging.Target) -> None:
        self._spec = spec
        self._target = target

    def try_bundle(self, output_dir: str, *_options: object, **_more: object) -> bool:
        """Fill `output_dir` with the package."""
        spec = self._spec
        packaging.package(spec.name, Path(output_dir), self._target, lock=spec.lock, shares=spec.shares)
        return True


def _code(spec: FunctionSpec, target: packaging.Target) -> lambda_.Code:
    # Hashed by what is deployed, not by where it came from: the same package is the same asset on every machine.
    return lambda_.Code.from_asset(
        str(packaging.ROOT / "functions" / spec.name),
        asset_hash_type=cdk.AssetHashType.OUTPUT,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("public.ecr.aws/sam/build-python3.13"),
            local=_Package(spec, target),
            environment={"target": f"{target.python} {target.platform or 'host'}"},
        ),
    )


class Function(Construct):
    """The function `functions/<spec.name>` under a role that has `grants`, its own log and tracing, and no more.

    Of `environment` it gets the variables that `spec` says it reads. Most functions are invoked synchronously: API
    Gateway, Step Functions, or the poller of a queue waits for the answer and handles its failure. One that is invoked
    by a schedule or an alarm has nobody who waits: it needs `dead_letters`, which keep what it failed on.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        spec: FunctionSpec,
        environment: Mapping[str, str],
        grants: Sequence[Grant] = (),
        dead_letters: sqs.Queue | None = None,
    ) -> None:
        super().__init__(scope, id_)
        name = naming.name(settings.name, spec.name)
        logs = log_group(self, "Logs", name=f"/aws/lambda/{name}", days=settings.retention.log_days)
        role = access.role(self, "Role", "lambda.amazonaws.com", f"What {name} may do")
        host = settings.host_packages
        arm = not host or platform.machine() in ("arm64", "aarch64")
        self.spec = spec
        self.name = name
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=spec.description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
            handler=f"functions.{spec.name}.handler.handler",
            code=_code(spec, packaging.HOST if host else packaging.LAMBDA),
            memory_size=spec.memory_mb,
            timeout=cdk.Duration.seconds(spec.timeout_seconds),
            tracing=lambda_.Tracing.ACTIVE,
            # All of what it may do is granted below, in one policy.
            role=role.without_policy_updates(),
            log_group=logs,
            dead_letter_queue=dead_letters,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            environment={
                "SHOPKEEPER_ENV": settings.name,
                "POWERTOOLS_SERVICE_NAME": spec.name,
                "POWERTOOLS_LOG_LEVEL": settings.log_level,
                **{variable: environment[variable] for variable in spec.reads},
            },
        )
        policy = access.grant(
            self,
            role,
            [
                *grants,
                *([access.allow(["sqs:SendMessage"], dead_letters.queue_arn)] if dead_letters else []),
                access.allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs.log_group_arn),
                access.tracing(),
            ],
        )
        self.function.node.add_dependency(policy)
        acknowledge(
            self.function,
            "Python 3.13 is the version that every package is locked for and every test runs on; Lambda supports it, "
            "and a newer one comes with a new lock file and a full test run.",
            "L1",
            "LambdaLatestVersion",
        )
        if dead_letters is None:
            acknowledge(
                self.function,
                "Only ever invoked synchronously, by API Gateway, Step Functions or a queue's poller, which get the "
                "error and handle it; a failure destination for asynchronous invocations would never receive anything.",
                "LambdaDLQ",
            )
