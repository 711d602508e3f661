"""The template of the fidelity tests: one of each thing whose behaviour is compared with AWS."""

import json
from typing import Any

from tests.local.jobs import ACCOUNT, REGION, arn, training_job

API_KEY = "k" * 24
CODE_BUCKET = "probe-code"
CODE_KEY = "probe.zip"

BELOW = {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["mine#*"]}}
"""Items whose partition key begins so."""

Template = dict[str, Any]


def allow(actions: list[str], resources: Any, **condition: Any) -> dict[str, Any]:
    """One statement of a policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | condition


def role(service: str, *statements: dict[str, Any], name: str | None = None) -> Template:
    """A role that one AWS service may assume."""
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    properties: Template = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    if name:
        properties["RoleName"] = name
    if statements:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        properties["Policies"] = [{"PolicyName": "own", "PolicyDocument": document}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def table(name: str) -> Template:
    """A DynamoDB table keyed by ``pk``."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    }


def function(name: str, role_id: str, **properties: Any) -> Template:
    """A function that runs the probe handler."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Handler": "handler.handler",
            "Timeout": 10,
            "Role": {"Fn::GetAtt": [role_id, "Arn"]},
            "Code": {"S3Bucket": CODE_BUCKET, "S3Key": CODE_KEY},
            **properties,
        },
    }


def state_machine(name: str, definition: dict[str, Any]) -> Template:
    """A state machine under the role ``WorkflowRole``."""
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "DependsOn": ["WorkflowRole"],
        "Properties": {
            "StateMachineName": name,
            "DefinitionString": json.dumps(definition),
            "RoleArn": {"Fn::GetAtt": ["WorkflowRole", "Arn"]},
        },
    }


def job_workflow() -> dict[str, Any]:
    """Runs the training job that its input describes, and catches nothing."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "Parameters": None}
    task["Parameters"] = training_job("", "", {})
    task["Parameters"].pop("TrainingJobName")
    task["Parameters"].pop("HyperParameters")
    task["Parameters"]["TrainingJobName.$"] = "$.name"
    task["Parameters"]["HyperParameters.$"] = "$.parameters"
    return {"StartAt": "Train", "States": {"Train": {**task, "End": True}}}


def catching_workflow() -> dict[str, Any]:
    """Calls the probe with its input; an error takes the catch."""
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "probe-main", "Payload.$": "$"},
        "Catch": [{"ErrorEquals": ["ValueError"], "ResultPath": "$.error", "Next": "Caught"}],
        "End": True,
    }
    return {"StartAt": "Call", "States": {"Call": call, "Caught": {"Type": "Pass", "End": True}}}


def map_workflow() -> dict[str, Any]:
    """Reads chunks from S3, calls the probe for each, and puts an event."""
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "probe-main", "Payload": {"do": "echo", "value.$": "$.part"}},
        "ResultSelector": {"value.$": "$.Payload.value"},
        "End": True,
    }
    chunks = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "probe-data", "Key": "chunks.json"},
        },
        "MaxConcurrency": 2,
        "ToleratedFailurePercentage": 0,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Call",
            "States": {"Call": call},
        },
        "Next": "Tell",
    }
    tell = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {
            "Entries": [
                {"Source": "probe", "DetailType": "Done", "Detail": {"chunks.$": "$"}, "EventBusName": "probe-bus"}
            ]
        },
        "ResultPath": None,
        "End": True,
    }
    return {"StartAt": "Chunks", "States": {"Chunks": chunks, "Tell": tell}}


def job_role() -> Template:
    """What a job's role needs at least: its data, its log, its image."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    return role(
        "sagemaker",
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::probe-data/*"),
        allow(["s3:ListBucket"], "arn:aws:s3:::probe-data"),
        allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        allow(["ecr:GetAuthorizationToken"], "*"),
        allow(pull, arn("ecr", "repository/probe")),
        name="probe-job",
    )


def _roles() -> Template:
    objects = "arn:aws:s3:::probe-data/*"
    main = allow(["lambda:InvokeFunction"], arn("lambda", "function:probe-main"))
    rules = "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    return {
        "FunctionRole": role(
            "lambda",
            allow(["dynamodb:GetItem", "dynamodb:BatchWriteItem"], arn("dynamodb", "table/own")),
            allow(["dynamodb:UpdateItem"], arn("dynamodb", "table/own"), Condition=BELOW),
            allow(["firehose:PutRecordBatch"], arn("firehose", "deliverystream/probe-events")),
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn("logs", "log-group:/probe/main:*")),
        ),
        "PoorRole": role("lambda"),
        "DeliveryRole": role("firehose", allow(["s3:PutObject"], objects)),
        "JobRole": job_role(),
        "PullsNothingRole": role("sagemaker", name="probe-pulls-nothing"),
        "WorkflowRole": role(
            "states",
            main,
            allow(["events:PutEvents"], arn("events", "event-bus/probe-bus")),
            allow(["events:DescribeRule", "events:PutRule", "events:PutTargets"], arn("events", rules)),
            allow(
                ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
                arn("sagemaker", "training-job/*"),
            ),
            allow(["iam:PassRole"], {"Fn::GetAtt": ["JobRole", "Arn"]}),
            allow(["s3:GetObject"], objects),
            allow(["states:StartExecution"], arn("states", "stateMachine:probe-map")),
            allow(["states:DescribeExecution"], arn("states", "execution:probe-map*")),
        ),
        "ScheduleRole": role("scheduler", allow(["states:StartExecution"], arn("states", "stateMachine:probe-catch"))),
    }


def _api() -> Template:
    integration = {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn('lambda', 'function:probe-main')}"
        "/invocations",
    }
    method = {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}}
    stage = {"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}
    plan_key = {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}
    return {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "probe"}},
        "Get": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                **method,
                "HttpMethod": "GET",
                "AuthorizationType": "NONE",
                "ApiKeyRequired": True,
                "Integration": integration,
            },
        },
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Get"],
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "DeploymentId": {"Ref": "Deployment"},
                "StageName": "live",
            },
        },
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True, "Value": API_KEY}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"ApiStages": [stage]}},
        "PlanKey": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": plan_key},
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": "Main"},
                "Principal": "apigateway.amazonaws.com",
            },
        },
    }


def _serving() -> Template:
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/probe:1"
    return {
        "Packages": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": "probe-packages"},
        },
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": {"Fn::GetAtt": ["JobRole", "Arn"]},
                "PrimaryContainer": {"Image": image, "Environment": {"SETTING": "from the template"}},
            },
        },
        "EndpointConfig": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "VariantName": "live",
                        "InitialVariantWeight": 1,
                        "ServerlessConfig": {"MaxConcurrency": 2, "MemorySizeInMB": 2048},
                    }
                ]
            },
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": "probe",
                "EndpointConfigName": {"Fn::GetAtt": ["EndpointConfig", "EndpointConfigName"]},
            },
        },
    }


def template() -> Template:
    """The whole template."""
    stream = {
        "DeliveryStreamName": "probe-events",
        "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": {"Fn::GetAtt": ["Data", "Arn"]},
            "RoleARN": {"Fn::GetAtt": ["DeliveryRole", "Arn"]},
            "Prefix": "raw/events/dt=!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        },
    }
    schedule = {
        "Name": "probe-schedule",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": "rate(1 day)",
        "State": "DISABLED",
        "Target": {
            "Arn": {"Ref": "Catching"},
            "RoleArn": {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
            "Input": json.dumps({"do": "fail", "message": "by schedule"}),
        },
    }
    return {
        "Resources": {
            **_roles(),
            **_api(),
            **_serving(),
            "Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "probe-data"}},
            "Own": table("own"),
            "Private": table("private"),
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "probe-bus"}},
            "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/probe/main"}},
            "Main": function("probe-main", "FunctionRole", LoggingConfig={"LogGroup": {"Ref": "Log"}}),
            "Poor": function("probe-poor", "PoorRole"),
            "Hasty": function("probe-hasty", "PoorRole", Timeout=1),
            "Broken": function("probe-broken", "PoorRole", Handler="absent.handler"),
            "Stream": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": stream},
            "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
            "Training": state_machine("probe-train", job_workflow()),
            "Catching": state_machine("probe-catch", catching_workflow()),
            "Mapping": state_machine("probe-map", map_workflow()),
            "Firewall": {"Type": "AWS::WAFv2::WebACL", "Properties": {"Scope": "REGIONAL"}},
        },
        "Outputs": {
            "Api": {"Value": {"Ref": "Api"}},
            "TrainArn": {"Value": {"Ref": "Training"}},
            "CatchArn": {"Value": {"Ref": "Catching"}},
            "MapArn": {"Value": {"Ref": "Mapping"}},
            "PackagesArn": {"Value": {"Ref": "Packages"}},
            "EndpointName": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
            "FirewallArn": {"Value": {"Fn::GetAtt": ["Firewall", "Arn"]}},
        },
    }
