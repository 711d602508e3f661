"""Resource types that are accepted without effect, each with the reason why that is harmless here.

A type in neither table fails the deployment: nothing is passed over silently.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from localemu.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)


@dataclass(frozen=True)
class PassedOver:
    """Why a type has no effect here, and what its attributes look like.

    Attributes:
        reason: what is lost, and why that is acceptable on a laptop.
        attributes: attributes for ``Fn::GetAtt``, from account, region and a stable id; ``Reference`` is ``Ref``.
    """

    reason: str
    attributes: Callable[[str, str, str], dict[str, str]]


def _web_acl(account: str, region: str, identifier: str) -> dict[str, str]:
    return {
        "Arn": f"arn:aws:wafv2:{region}:{account}:regional/webacl/local/{identifier}",
        "Id": identifier,
        "Name": "local",
        "Reference": f"local|{identifier}|REGIONAL",
    }


def _application(account: str, region: str, identifier: str) -> dict[str, str]:
    short = identifier[:16]
    return {
        "ApplicationId": short,
        "Arn": f"arn:aws:emr-serverless:{region}:{account}:/applications/{short}",
        "Reference": short,
    }


def _plain(_account: str, _region: str, identifier: str) -> dict[str, str]:
    return {"Reference": identifier}


PASSED_OVER: dict[str, PassedOver] = {
    "AWS::WAFv2::WebACL": PassedOver("a firewall against strangers; the local API listens on 127.0.0.1 only", _web_acl),
    "AWS::WAFv2::WebACLAssociation": PassedOver("ties the firewall to the API", _plain),
    "AWS::EMRServerless::Application": PassedOver(
        "a Spark cluster for shops that outgrow one machine; features run on DuckDB here, tests run both engines",
        _application,
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": PassedOver("one process serves an endpoint here", _plain),
    "AWS::ApplicationAutoScaling::ScalingPolicy": PassedOver("one process serves an endpoint here", _plain),
}


class PassedOverProvider(ResourceProvider):
    """CloudFormation's handler for one row of the table."""

    def __init__(self, resource_type: str) -> None:
        self._attributes = PASSED_OVER[resource_type].attributes
        self.SCHEMA = {"typeName": resource_type, "primaryIdentifier": ["/properties/Reference"], "properties": {}}

    def create(self, request: ResourceRequest) -> ProgressEvent:
        return self._done(request, request.desired_state)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        return self._done(request, {**(request.previous_state or {}), **request.desired_state})

    def delete(self, request: ResourceRequest) -> ProgressEvent:  # noqa: ARG002 - the engine's signature
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={})

    def _done(self, request: ResourceRequest, properties: Mapping[str, Any]) -> ProgressEvent:
        seed = f"{request.stack_name}/{request.logical_resource_id}"
        identifier = sha256(seed.encode()).hexdigest()[:32]
        made = self._attributes(request.account_id, request.region_name, identifier)
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={**made, **properties})
