"""The functions that a workflow calls: one for each spec, each with its own grants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import naming
from infra.access import Grant
from infra.constructs.function import Function
from infra.functions import FunctionSpec
from infra.settings import Settings


def step_functions(
    scope: Construct,
    specs: Sequence[FunctionSpec],
    *,
    settings: Settings,
    environment: Mapping[str, str],
    grants: Mapping[str, Sequence[Grant]],
    dead_letters: Mapping[str, sqs.Queue] | None = None,
) -> list[Function]:
    """The functions in the order of `specs`; `grants` by the spec's name, and `dead_letters` of those that something
    calls without waiting for the answer.
    """
    return [
        Function(
            scope,
            naming.pascal(spec.name),
            settings=settings,
            spec=spec,
            environment=environment,
            grants=grants[spec.name],
            dead_letters=(dead_letters or {}).get(spec.name),
        )
        for spec in specs
    ]
