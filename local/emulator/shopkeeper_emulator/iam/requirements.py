"""Which permissions a call needs, on which resources: the Service Authorization Reference for what we use.

LocalEmu judges one action on one resource per call and builds no ARN for several services. Here a call yields every
(action, resource) pair that AWS would ask for, e.g. one per table of a batch or per item of a transaction.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from localemu.services.iam_enforcement.arn_builder import build_resource_arn
from localemu.services.iam_enforcement.service_action_map import map_action
from moto.dynamodb import dynamodb_backends
from moto.secretsmanager import secretsmanager_backends

from shopkeeper_emulator.iam import mail_requirements, s3_requirements, sagemaker_requirements
from shopkeeper_emulator.iam.needs import Need, Scope

# API names whose IAM prefix differs.
_PREFIXES = {
    "stepfunctions": "states",
    "sesv2": "ses",
    "sagemaker-runtime": "sagemaker",
    "dynamodbstreams": "dynamodb",
    "s3control": "s3",
}

_TRANSACTION_ACTIONS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}


def _dynamodb(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    def table(name: str) -> str:
        return name if name.startswith("arn:") else scope.arn("dynamodb", f"table/{name}")

    if "TransactItems" in request:
        items = [(kind, body) for item in request["TransactItems"] for kind, body in item.items()]
        return [Need(_TRANSACTION_ACTIONS[kind], table(body["TableName"])) for kind, body in items]
    if "RequestItems" in request:
        return [Need(f"dynamodb:{operation}", table(name)) for name in request["RequestItems"]]
    if "TableName" not in request:
        return [Need(f"dynamodb:{operation}", "*")]
    resource = table(request["TableName"])
    if index := request.get("IndexName"):
        resource = f"{resource}/index/{index}"
    return [Need(f"dynamodb:{operation}", resource, _leading_key(request, scope))]


def _leading_key(request: Mapping[str, Any], scope: Scope) -> dict[str, list[str]]:
    """The partition key of a call that names one item."""
    item = request.get("Key") or request.get("Item") or {}
    known = dynamodb_backends[scope.account][scope.region].tables.get(request["TableName"].rpartition("/")[2])
    value = next(iter(item.get(known.hash_key_attr, {}).values()), None) if known else None
    return {"dynamodb:LeadingKeys": [value]} if isinstance(value, str) else {}


def _states(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    resource = request.get("executionArn") or request.get("stateMachineArn") or request.get("mapRunArn")
    if not resource:
        resource = scope.arn("states", f"stateMachine:{request['name']}") if "name" in request else "*"
    return [Need(f"states:{operation}", resource)]


def _lambda(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    name = request.get("FunctionName")
    action = map_action("lambda", operation)[0]
    if not name:
        return [Need(action, "*")]
    resource = name if name.startswith("arn:") else scope.arn("lambda", f"function:{name}")
    if (qualifier := request.get("Qualifier")) and resource.count(":") == 6:
        resource = f"{resource}:{qualifier}"
    return [Need(action, resource)]


def _firehose(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    name = request.get("DeliveryStreamName")
    return [Need(f"firehose:{operation}", scope.arn("firehose", f"deliverystream/{name}") if name else "*")]


def _events(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    def bus(name: str) -> str:
        return name if name.startswith("arn:") else scope.arn("events", f"event-bus/{name}")

    if operation == "PutEvents":
        names = {entry.get("EventBusName") or "default" for entry in request.get("Entries", ())}
        return [Need("events:PutEvents", bus(name)) for name in sorted(names)]
    rule = request.get("Name") or request.get("Rule")
    if rule:
        name = request.get("EventBusName") or "default"
        path = rule if name == "default" else f"{name}/{rule}"
        return [Need(f"events:{operation}", scope.arn("events", f"rule/{path}"))]
    return [Need(f"events:{operation}", bus(request.get("EventBusName") or "default"))]


def _logs(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    group = request.get("logGroupName")
    if not group:
        return [Need(f"logs:{operation}", "*")]
    resource = scope.arn("logs", f"log-group:{group}")
    if operation in ("PutLogEvents", "GetLogEvents"):
        return [Need(f"logs:{operation}", f"{resource}:log-stream:{request['logStreamName']}")]
    return [Need(f"logs:{operation}", f"{resource}:*")]


def _cloudwatch(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    action = f"cloudwatch:{operation}"
    if operation == "PutMetricData":
        return [Need(action, "*", {"cloudwatch:namespace": request.get("Namespace", "")})]
    names = request.get("AlarmNames") or ([request["AlarmName"]] if "AlarmName" in request else [])
    if not names and operation == "DescribeAlarms":
        # A question for the alarms of a prefix, a state or all is judged on every alarm.
        names = ["*"]
    return [Need(action, scope.arn("cloudwatch", f"alarm:{name}")) for name in names] or [Need(action, "*")]


def _scheduler(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    if "Name" not in request:
        return [Need(f"scheduler:{operation}", "*")]
    path = f"schedule/{request.get('GroupName') or 'default'}/{request['Name']}"
    found = [Need(f"scheduler:{operation}", scope.arn("scheduler", path))]
    if role := (request.get("Target") or {}).get("RoleArn"):
        found.append(Need("iam:PassRole", role, {"iam:PassedToService": "scheduler.amazonaws.com"}))
    return found


def _secretsmanager(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    """Reading a secret that a key of the account protects needs that key too."""
    id_ = request.get("SecretId")
    if not id_:
        return [Need(f"secretsmanager:{operation}", "*")]
    secret = secretsmanager_backends[scope.account][scope.region].secrets.get(id_)
    found = [Need(f"secretsmanager:{operation}", secret.arn if secret else id_)]
    key = getattr(secret, "kms_key_id", None) if operation == "GetSecretValue" else None
    if key:
        via = {"kms:ViaService": f"secretsmanager.{scope.region}.amazonaws.com"}
        found.append(Need("kms:Decrypt", key if key.startswith("arn:") else scope.arn("kms", f"key/{key}"), via))
    return found


_BUILDERS: dict[str, Callable[[str, Mapping[str, Any], Scope], list[Need]]] = {
    "dynamodb": _dynamodb,
    "stepfunctions": _states,
    "lambda": _lambda,
    "firehose": _firehose,
    "events": _events,
    "logs": _logs,
    "cloudwatch": _cloudwatch,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "sesv2": mail_requirements.needs,
    "s3": s3_requirements.needs,
    "sagemaker": sagemaker_requirements.needs,
    "sagemaker-runtime": sagemaker_requirements.needs,
}


def requirements(service: str, operation: str, request: Mapping[str, Any] | None, scope: Scope) -> Iterable[Need]:
    """Every permission the call needs; all must be allowed.

    Args:
        service: the API's name as in botocore, e.g. ``stepfunctions``.
        operation: e.g. ``StartExecution``.
        request: the parsed parameters.
        scope: account and region of the call.
    """
    parameters = request or {}
    if builder := _BUILDERS.get(service):
        return builder(operation, parameters, scope)
    prefix = _PREFIXES.get(service, service)
    resource = build_resource_arn(service, operation, dict(parameters), scope.region, scope.account)
    return [Need(f"{prefix}:{action.split(':', 1)[1]}", resource) for action in map_action(service, operation)]
