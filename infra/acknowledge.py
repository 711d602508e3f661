"""Acknowledging a security finding: on the resource it is about, by its exact id, with the reason it is right."""

from __future__ import annotations

import re
from collections.abc import Iterable

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(resource: IConstruct, reason: str, *rules: str) -> None:
    """Accept `rules` for `resource`: short codes of the AwsSolutions pack (`S1`, `IAM5[Resource::*]`), or names of the
    Serverless pack (`LambdaDLQ`)."""
    for rule in rules:
        code = rule.split("[", 1)[0]
        pack = "AwsSolutions" if code[-1].isdigit() else "Serverless"
        cdk.Validations.of(resource).acknowledge(cdk.Acknowledgment(id=f"{pack}::{pack}-{rule}", reason=reason))


def wildcards(resources: Iterable[object]) -> list[str]:
    """Codes of cdk-nag's findings for those of the resolved `resources` of a policy that hold a wildcard."""
    written = (_written(resource) for resource in resources)
    return [f"IAM5[Resource::{text}]" for text in written if "*" in text]


def _written(value: object) -> str:
    """A resolved value in cdk-nag's notation, in which a reference is `<Name>` or `<Name.Attribute>`."""
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return separator.join(_written(part) for part in parts)
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Fn::Sub":
        return re.sub(r"\$\{([^}]+)\}", r"<\1>", argument)
    if function == "Ref":
        return f"<{argument}>"
    if function == "Fn::ImportValue":
        return _written(argument)
    raise ValueError(f"a policy's resource uses {function}, whose notation in a finding is not known")
