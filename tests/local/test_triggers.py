"""What starts functions beside a direct call (queues, schedules that a function makes, forms), and secrets."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.local.conftest import wait_for
from tests.local.stack import allow, function, role

pytestmark = pytest.mark.cloud

LOGS = "/probe/reader"


def api():
    """A route with a schema for JSON and none for forms; every request's body is validated."""
    method = {
        "HttpMethod": "POST",
        "RestApiId": {"Ref": "Rest"},
        "ResourceId": {"Fn::GetAtt": ["Rest", "RootResourceId"]},
        "AuthorizationType": "NONE",
        "RequestValidatorId": {"Ref": "Validator"},
        "RequestModels": {"application/json": {"Ref": "Body"}},
        "Integration": {
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": {
                "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:probe-main/invocations"
            },
        },
    }
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["name"]}
    return {
        "Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "probe-forms"}},
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": {"Ref": "Rest"}, "ValidateRequestBody": True},
        },
        "Body": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {
                "RestApiId": {"Ref": "Rest"},
                "Name": "Body",
                "ContentType": "application/json",
                "Schema": schema,
            },
        },
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Method"],
            "Properties": {"RestApiId": {"Ref": "Rest"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": {"Ref": "Rest"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "live"},
        },
    }


def template():
    """A queue with its reader, a secret with its reader, a schedule group, and an API."""
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    secret = {
        "Name": "probe-secret",
        "KmsKeyId": {"Ref": "Key"},
        "GenerateSecretString": {
            "SecretStringTemplate": "{}",
            "GenerateStringKey": "current",
            "PasswordLength": 64,
            "ExcludePunctuation": True,
        },
    }
    polling = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue)
    reading = allow(["secretsmanager:GetSecretValue"], {"Ref": "Secret"})
    sending = allow(["sqs:SendMessage"], queue)
    mapping = {
        "EventSourceArn": queue,
        "FunctionName": {"Ref": "Reader"},
        "BatchSize": 10,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    passing = allow(["iam:PassRole"], {"Fn::GetAtt": ["TargetRole", "Arn"]})
    scheduling = allow(
        ["scheduler:CreateSchedule"],
        {"Fn::Sub": "arn:aws:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/probe-once/*"},
    )
    return {
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": "probe-work",
                    "VisibilityTimeout": 2,
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                        "maxReceiveCount": 2,
                    },
                },
            },
            "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "probe-dead"}},
            "Key": {"Type": "AWS::KMS::Key"},
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": secret},
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": LOGS}},
            "ReaderRole": role(
                "lambda",
                polling,
                reading,
                allow(["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["Logs", "Arn"]}),
            ),
            "KeyedRole": role("lambda", reading, allow(["kms:Decrypt"], {"Fn::GetAtt": ["Key", "Arn"]})),
            "SchedulerRole": role("lambda", scheduling),
            "PassingRole": role("lambda", scheduling, passing),
            "TargetRole": role("scheduler", sending),
            "Reader": function(
                "probe-reader",
                "ReaderRole",
                Handler="handler.consume",
                LoggingConfig={"LogGroup": LOGS},
            ),
            "Keyed": function("probe-keyed", "KeyedRole"),
            "Scheduler": function("probe-scheduler", "SchedulerRole"),
            "Passing": function("probe-passing", "PassingRole"),
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "DependsOn": ["ReaderRole"],
                "Properties": mapping,
            },
            "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "probe-once"}},
            **api(),
        },
        "Outputs": {
            "Work": {"Value": {"Ref": "Queue"}},
            "Dead": {"Value": {"Ref": "Dead"}},
            "WorkArn": {"Value": queue},
            "Secret": {"Value": {"Ref": "Secret"}},
            "TargetRole": {"Value": {"Fn::GetAtt": ["TargetRole", "Arn"]}},
            "Forms": {"Value": {"Ref": "Rest"}},
        },
    }


@pytest.fixture(scope="module")
def outputs(cloud):
    return cloud.deploy("probe-triggers", template())


def logged(cloud, text):
    """Lines of the reader's log that hold a text."""
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=LOGS)
    return [event["message"] for page in pages for event in page["events"] if text in event["message"]]


def test_a_queue_invokes_its_function_under_the_functions_role(cloud, outputs):
    # GIVEN a queue that a function reads
    # WHEN a message comes
    cloud.client("sqs").send_message(QueueUrl=outputs["Work"], MessageBody="take this")
    # THEN the function gets it, and its role did the polling
    wait_for(lambda: logged(cloud, "took take this"))
    polled = {c["action"] for c in cloud.calls() if "probe-work" in c["resource"] and "ReaderRole" in c["role"]}
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage"} <= polled


def test_of_a_batch_only_what_failed_comes_again_and_then_lies_among_the_dead(cloud, outputs):
    # GIVEN two messages, of which the function cannot take one
    sqs = cloud.client("sqs")
    entries = [{"Id": "1", "MessageBody": "good one"}, {"Id": "2", "MessageBody": "bad one"}]
    # WHEN they come together
    sqs.send_message_batch(QueueUrl=outputs["Work"], Entries=entries)
    # THEN the bad one was tried twice and is kept, the good one was taken once
    dead = wait_for(lambda: sqs.receive_message(QueueUrl=outputs["Dead"]).get("Messages"), 40)
    assert [message["Body"] for message in dead] == ["bad one"]
    assert len(logged(cloud, "took good one")) == 1


def test_a_secret_is_made_and_read_with_its_key(cloud, outputs, invoke):
    # GIVEN a secret that nobody wrote, under a key of the account
    call = {"do": "call", "service": "secretsmanager", "operation": "get_secret_value"}
    parameters = {"SecretId": outputs["Secret"]}
    # WHEN a role reads it that may use the key, and one that may not
    allowed, answer = invoke("probe-keyed", **call, parameters=parameters)
    refused, error = invoke("probe-reader", **call, parameters=parameters)
    # THEN only the first can
    assert allowed is None and len(json.loads(answer["SecretString"])["current"]) == 64
    assert refused == "Unhandled" and "kms:Decrypt" in error["errorMessage"]


def test_a_schedule_needs_the_right_to_pass_its_role(cloud, outputs, invoke):
    # GIVEN two functions that may create schedules, of which one may pass the role
    due = (datetime.now(UTC) + timedelta(seconds=8)).strftime("%Y-%m-%dT%H:%M:%S")
    schedule = {
        "Name": "once",
        "GroupName": "probe-once",
        "ScheduleExpression": f"at({due})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {"Arn": outputs["WorkArn"], "RoleArn": outputs["TargetRole"], "Input": '"by schedule"'},
    }
    call = {"do": "call", "service": "scheduler", "operation": "create_schedule", "parameters": schedule}
    # WHEN both create one
    refused, error = invoke("probe-scheduler", **call)
    allowed, _ = invoke("probe-passing", **call)
    # THEN the other is refused, and the schedule fires and goes
    assert refused == "Unhandled" and "iam:PassRole" in error["errorMessage"]
    assert allowed is None
    wait_for(lambda: logged(cloud, "by schedule"), 30)
    scheduler = cloud.client("scheduler")
    wait_for(lambda: not scheduler.list_schedules(GroupName="probe-once")["Schedules"], 30)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", 200),
        ("application/json", '{"other": 1}', 400),
        ("application/json", '{"name": "x"}', 200),
    ],
)
def test_only_bodies_with_a_schema_are_validated(cloud, outputs, kind, body, status):
    # GIVEN a route with a schema for JSON
    # WHEN a form, a wrong and a right object are posted
    url = cloud.api_url(outputs["Forms"], "live") + "/"
    answer = requests.post(url, data=body, headers={"Content-Type": kind}, timeout=20)
    # THEN what has no schema reaches the function, as it would behind API Gateway
    assert answer.status_code == status
