"""Resources created and deleted by one API call each, as CloudFormation does it.

The properties that an operation takes are passed on as they are; what is particular to a type is in the table below,
for mail in ``mail``.
"""

from typing import Any

from localemu.aws.spec import load_service
from localemu.services.cloudformation.provider_utils import generate_default_name
from localemu.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from shopkeeper_emulator.resources import mail
from shopkeeper_emulator.resources.kind import ApiBacked, Properties


def _glue_table_name(properties: Properties) -> dict[str, Any]:
    return {"DatabaseName": properties["DatabaseName"], "Name": properties["TableInput"]["Name"]}


def _sagemaker(kind: str, **options: Any) -> ApiBacked:
    """SageMaker's types: named by ``<Kind>Name``; ``Ref`` is the ARN."""
    return ApiBacked(
        "sagemaker",
        f"Create{kind}",
        f"Delete{kind}",
        reference=lambda p: p[f"{kind}Arn"],
        key=lambda p: {f"{kind}Name": p[f"{kind}Name"]},
        name=f"{kind}Name",
        **options,
    )


API_BACKED: dict[str, ApiBacked] = {
    "AWS::SageMaker::ModelPackageGroup": _sagemaker("ModelPackageGroup", keep=True),
    "AWS::SageMaker::Model": _sagemaker("Model"),
    "AWS::SageMaker::EndpointConfig": _sagemaker("EndpointConfig"),
    "AWS::SageMaker::Endpoint": _sagemaker("Endpoint", update="UpdateEndpoint"),
    "AWS::Glue::Database": ApiBacked(
        "glue",
        "CreateDatabase",
        "DeleteDatabase",
        reference=lambda p: p["DatabaseInput"]["Name"],
        key=lambda p: {"Name": p["DatabaseInput"]["Name"]},
    ),
    "AWS::Glue::Table": ApiBacked(
        "glue",
        "CreateTable",
        "DeleteTable",
        reference=lambda p: p["TableInput"]["Name"],
        key=_glue_table_name,
    ),
    "AWS::CloudWatch::Dashboard": ApiBacked(
        "cloudwatch",
        "PutDashboard",
        "DeleteDashboards",
        reference=lambda p: p["DashboardName"],
        key=lambda p: {"DashboardNames": [p["DashboardName"]]},
        name="DashboardName",
        update="PutDashboard",
    ),
    "AWS::Athena::WorkGroup": ApiBacked(
        "athena",
        "CreateWorkGroup",
        "DeleteWorkGroup",
        reference=lambda p: p["Name"],
        key=lambda p: {"WorkGroup": p["Name"]},
        renamed={"WorkGroupConfiguration": "Configuration"},
    ),
    **mail.API_BACKED,
}


class ApiBackedProvider(ResourceProvider):
    """CloudFormation's handler for one row of the table."""

    def __init__(self, resource_type: str) -> None:
        self._kind = API_BACKED[resource_type]
        self.SCHEMA = {"typeName": resource_type, "primaryIdentifier": ["/properties/Reference"], "properties": {}}

    def create(self, request: ResourceRequest) -> ProgressEvent:
        properties = dict(request.desired_state)
        kind = self._kind
        if kind.name and not properties.get(kind.name):
            properties[kind.name] = generate_default_name(request.stack_name, request.logical_resource_id)
        answer = self._call(request, kind.create, self._parameters(kind.create, properties))
        return self._done(properties, answer)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        previous = dict(request.previous_state or {})
        properties = {**previous, **request.desired_state}
        kind = self._kind
        if kind.keep:
            return self._done(properties, {})
        if kind.update:
            return self._done(properties, self._call(request, kind.update, self._parameters(kind.update, properties)))
        self._call(request, kind.delete, kind.key(previous))
        return self._done(properties, self._call(request, kind.create, self._parameters(kind.create, properties)))

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        self._call(request, self._kind.delete, self._kind.key(request.desired_state))
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={})

    def _parameters(self, operation: str, properties: Properties) -> dict[str, Any]:
        """The properties that the operation takes, under the names it gives them."""
        shape = load_service(self._kind.service).operation_model(operation).input_shape
        named = {self._kind.renamed.get(k, k): v for k, v in self._kind.request(properties).items()}
        return {k: v for k, v in named.items() if shape is not None and k in shape.members and v is not None}

    def _call(self, request: ResourceRequest, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        client = request.aws_client_factory.get_client(self._kind.service)
        method = next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation)
        answer = getattr(client, method)(**parameters)
        return {k: v for k, v in answer.items() if isinstance(v, str)}

    def _done(self, properties: dict[str, Any], answer: dict[str, Any]) -> ProgressEvent:
        model = {**properties, **answer}
        model["Reference"] = self._kind.reference(model)
        model |= self._kind.attributes(model)
        return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)
