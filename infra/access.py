"""Who may do what, in the words of what a component does: read items, write objects under a prefix, use the key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.acknowledge import acknowledge, wildcards


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources. Where a resource holds a wildcard, `because` says to a reviewer why it has to."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    because: str = ""
    conditions: Mapping[str, object] | None = None


def allow(
    actions: Sequence[str], *resources: str, because: str = "", conditions: Mapping[str, object] | None = None
) -> Grant:
    """`actions` on `resources`, and nothing else."""
    return Grant(tuple(actions), resources, because, conditions)


def items(table: dynamodb.TableV2, *actions: str) -> Grant:
    """`actions` (such as `GetItem`) on the items of `table`."""
    return allow([f"dynamodb:{action}" for action in actions], table.table_arn)


def items_below(table: dynamodb.TableV2, prefix: str, *actions: str) -> Grant:
    """`actions`, each of which names one item, on those items of `table` whose partition key begins with `prefix`.

    `ForAnyValue`, because `ForAllValues` would hold of a call that names no key at all.
    """
    keys = {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [f"{prefix}*"]}}
    return allow([f"dynamodb:{action}" for action in actions], table.table_arn, conditions=keys)


def objects(bucket_arn: str, pattern: str, *actions: str, because: str) -> Grant:
    """`actions` (such as `GetObject`) on the objects of a bucket whose key matches `pattern`."""
    return allow([f"s3:{action}" for action in actions], f"{bucket_arn}/{pattern}", because=because)


def listing(bucket_arn: str, *prefixes: str) -> Grant:
    """List the keys of a bucket that match `prefixes`; without it an object that is absent reads as access denied.

    `IfExists`, because a read of an absent object is judged as a listing that names no prefix.
    """
    return allow(["s3:ListBucket"], bucket_arn, conditions={"StringLikeIfExists": {"s3:prefix": list(prefixes)}})


def decrypt(key: kms.Key) -> Grant:
    """Read what `key` protects."""
    return allow(["kms:Decrypt"], key.key_arn)


def encrypt(key: kms.Key) -> Grant:
    """Read and write what `key` protects."""
    return allow(["kms:Decrypt", "kms:GenerateDataKey"], key.key_arn)


def role(scope: Construct, id_: str, service: str, description: str) -> iam.Role:
    """A role that `service` (such as `lambda.amazonaws.com`) assumes, so far without permissions."""
    principal = cast(iam.IPrincipal, iam.ServicePrincipal(service))
    return iam.Role(scope, id_, assumed_by=principal, description=description)


def tracing() -> Grant:
    """Send traces to X-Ray."""
    return allow(
        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "*",
        because="X-Ray's PutTraceSegments and PutTelemetryRecords have no resource type: IAM accepts only * for them.",
    )


def grant(scope: Construct, role: iam.Role, grants: Iterable[Grant]) -> iam.Policy:
    """The one policy of `role`, below `scope`; each wildcard is acknowledged with its grant's own reason."""
    grants = list(grants)
    statements = [
        iam.PolicyStatement(actions=list(g.actions), resources=list(g.resources), conditions=g.conditions)
        for g in grants
    ]
    policy = iam.Policy(scope, "Policy", roles=[role], statements=statements)  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
    stack = cdk.Stack.of(scope)
    reasons: dict[str, list[str]] = {}
    for g in grants:
        for rule in wildcards(stack.resolve(list(g.resources))):
            if g.because and g.because not in reasons.setdefault(rule, []):
                reasons[rule].append(g.because)
    for rule, because in sorted(reasons.items()):
        if because:
            acknowledge(policy, " ".join(because), rule)
    return policy
