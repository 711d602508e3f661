"""What a security reviewer would look for, in the templates that are deployed."""

from __future__ import annotations

import json

import pytest

from infra import functions
from infra.functions import FunctionSpec

SPECS = [spec for spec in vars(functions).values() if isinstance(spec, FunctionSpec)]
STACKS = ["Data", "Ingestion", "Models", "Workflows", "Letters", "Api", "Campaigns", "Privacy", "Monitoring"]
UNSCOPED = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "sagemaker:ListModelPackages",
    "sagemaker:ListProcessingJobs",
    "sagemaker:ListTrainingJobs",
    "ses:GetAccount",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def statements(assembly):
    """(policy's id, statement) of every identity policy."""
    for id_, policy in assembly.of("AWS::IAM::Policy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield id_, statement


def listed(value):
    return value if isinstance(value, list) else [value]


def test_no_action_is_a_wildcard(dev):
    # GIVEN every policy
    # WHEN its actions are listed
    actions = {action for _, s in statements(dev) for action in listed(s["Action"])}
    # THEN each is spelled out
    assert actions and not [a for a in actions if "*" in a]


def test_only_actions_without_resource_types_are_allowed_on_everything(dev):
    # GIVEN every policy
    # WHEN those statements are kept that hold for every resource
    open_ = {a for _, s in statements(dev) if "*" in listed(s["Resource"]) for a in listed(s["Action"])}
    # THEN they are those for which IAM accepts nothing else
    assert open_ <= UNSCOPED


def test_each_function_has_a_role_of_its_own(grown):
    # GIVEN every function of ours
    deployed = [f for f in grown.of("AWS::Lambda::Function").values() if "FunctionName" in f]
    # WHEN their roles are collected
    roles = {json.dumps(f["Role"]) for f in deployed}
    # THEN there are as many roles as functions, and every function is deployed once
    assert len(deployed) == len(SPECS) == len(roles)


def test_no_role_of_ours_has_a_managed_policy_but_the_account_wide_one(prod):
    # GIVEN every role
    # WHEN those with managed policies are kept
    managed = [id_ for id_, role in prod.of("AWS::IAM::Role").items() if role.get("ManagedPolicyArns")]
    # THEN it is API Gateway's logging role alone
    assert len(managed) == 1 and "LoggingRole" in managed[0]


def test_a_role_can_only_pass_the_job_roles_and_only_to_their_service(grown):
    # GIVEN the statements that pass roles
    passing = [s for _, s in statements(grown) if "iam:PassRole" in listed(s["Action"])]
    # WHEN their conditions are read
    services = [s["Condition"]["StringEquals"]["iam:PassedToService"] for s in passing]
    # THEN each names one role and one service: jobs of four workflows, Spark's, and the schedules of campaigns
    assert sorted(services) == [
        "emr-serverless.amazonaws.com",
        *4 * ["sagemaker.amazonaws.com"],
        "scheduler.amazonaws.com",
    ]
    assert all(isinstance(s["Resource"], dict) for s in passing)


def test_every_bucket_is_private_encrypted_and_tls_only(dev):
    # GIVEN the buckets and their policies
    buckets = dev.of("AWS::S3::Bucket")
    policies = [json.dumps(p) for p in dev.of("AWS::S3::BucketPolicy").values()]
    # WHEN each is looked at
    # THEN none is public, all encrypt, and each has a policy that refuses plain HTTP and old TLS
    assert len(buckets) == 3 == len(policies)
    for bucket in buckets.values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert all('"aws:SecureTransport": "false"' in p and '"s3:TlsVersion": 1.2' in p for p in policies)


def test_what_holds_a_shops_data_is_under_its_own_key(dev):
    # GIVEN lake, models, tables, alarms
    encrypted = [
        b["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        for b in dev.of("AWS::S3::Bucket").values()
        if "LoggingConfiguration" in b
    ]
    tables = [t["SSESpecification"] for t in dev.of("AWS::DynamoDB::GlobalTable").values()]
    topics = [t["KmsMasterKeyId"] for t in dev.of("AWS::SNS::Topic").values()]
    # WHEN their encryption is read
    # THEN it is the environment's key, which rotates
    assert encrypted == ["aws:kms", "aws:kms"]
    assert tables == [{"SSEEnabled": True, "SSEType": "KMS"}] * 6
    assert all("Fn::ImportValue" in topic for topic in topics)
    assert [k["EnableKeyRotation"] for k in dev.of("AWS::KMS::Key").values()] == [True]


def test_tables_can_be_recovered_and_forget_what_expires(dev):
    # GIVEN the tables
    tables = dev.of("AWS::DynamoDB::GlobalTable").values()
    # WHEN their settings are read
    # THEN there is point-in-time recovery and a TTL on each
    assert len(tables) == 6
    for table in tables:
        (replica,) = table["Replicas"]
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_queues_refuse_plain_http(dev):
    # GIVEN the queues
    queues, policies = dev.of("AWS::SQS::Queue"), dev.of("AWS::SQS::QueuePolicy")
    # WHEN their policies are read
    refusing = [p for p in policies.values() if '"aws:SecureTransport": "false"' in json.dumps(p)]
    # THEN each has one that refuses it
    assert len(queues) == 9 == len(refusing)


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_in_a_template(prod, stack):
    # GIVEN a stack's template
    resources = prod.template(stack)["Resources"].values()
    # WHEN API keys and secrets are looked for
    keys = [r["Properties"] for r in resources if r["Type"] == "AWS::ApiGateway::ApiKey"]
    secrets = [r["Properties"] for r in resources if r["Type"] == "AWS::SecretsManager::Secret"]
    # THEN none brings its value: API Gateway and Secrets Manager make them
    assert not [k for k in keys if "Value" in k]
    assert all("GenerateSecretString" in s and "SecretString" not in s for s in secrets)


def test_logs_are_kept_as_long_as_the_settings_say_and_no_longer(dev, prod):
    # GIVEN the log groups of two environments
    # WHEN their retention is read
    kept = [{g["RetentionInDays"] for g in a.of("AWS::Logs::LogGroup").values()} for a in (dev, prod)]
    # THEN it is the settings'
    assert kept == [{14}, {90}]


def test_the_access_log_tells_nothing_of_a_person(dev):
    # GIVEN the stage of the API
    (stage,) = dev.of("AWS::ApiGateway::Stage").values()
    # WHEN the format of its access log is read
    format_ = stage["AccessLogSetting"]["Format"]
    # THEN neither address, agent nor path, which may hold a customer's id, is in it
    assert "$context.resourcePath" in format_
    assert not [f for f in ("sourceIp", "userAgent", "$context.path", "caller") if f in format_]


def test_executions_are_logged_without_their_data(dev):
    # GIVEN the state machines
    machines = dev.of("AWS::StepFunctions::StateMachine").values()
    # WHEN their logging is read
    # THEN every event is logged, without input and output
    assert len(machines) == 4
    for machine in machines:
        logging = machine["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_whoever_answers_writes_of_the_counters_what_visitors_were_shown_alone(dev):
    # GIVEN what the function that answers questions may do to tables
    granted = [s for id_, s in statements(dev) if id_.split("/")[1].startswith("Ask")]
    touching = [(a, s) for s in granted for a in listed(s["Action"]) if a.startswith("dynamodb:")]
    # WHEN what it may do but read is kept
    writing = [(action, s) for action, s in touching if action != "dynamodb:BatchGetItem"]
    # THEN it may update items under the prefix of theirs, of one table
    ((action, statement),) = writing
    assert action == "dynamodb:UpdateItem"
    assert statement["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["shown#*"]}}
    assert isinstance(statement["Resource"], dict) and "Counters" in json.dumps(statement["Resource"])


def test_each_answering_function_asks_the_endpoints_of_its_own_families_alone(grown):
    # GIVEN a family that answers questions of its own, and one of the score routes, both served by endpoints
    granted = {
        id_.split("/")[1]: json.dumps(s["Resource"])
        for id_, s in statements(grown)
        if "sagemaker:InvokeEndpoint" in listed(s["Action"])
    }
    # WHEN the grants of the functions that answer are read
    ask = next(resource for id_, resource in granted.items() if id_.startswith("Ask"))
    scores = next(resource for id_, resource in granted.items() if id_.startswith("Scores"))
    # THEN neither may ask the other's
    assert "RecommendationsEndpoint" in ask and "SwiftEndpoint" not in ask
    assert "SwiftEndpoint" in scores and "RecommendationsEndpoint" not in scores


def test_ingest_writes_counters_and_no_other_table(dev):
    # GIVEN what the function that takes events may do to tables
    granted = [s for id_, s in statements(dev) if id_.split("/")[1].startswith("Ingest")]
    touching = [
        (a, json.dumps(s["Resource"])) for s in granted for a in listed(s["Action"]) if a.startswith("dynamodb:")
    ]
    # WHEN what it may do but read is kept
    writing = {
        action: resource for action, resource in touching if action not in ("dynamodb:BatchGetItem", "dynamodb:GetItem")
    }
    # THEN it puts states and markers, and adds to what products sold
    assert set(writing) == {"dynamodb:PutItem", "dynamodb:UpdateItem"}
    assert all("Counters" in resource for resource in writing.values())


def test_the_function_that_decides_reads_scores_and_writes_none(dev):
    # GIVEN what the function that decides on events may do
    granted = [s for id_, s in statements(dev) if id_.split("/")[1].startswith("Assess")]
    # WHEN what concerns the score table is kept
    on_scores = [a for s in granted if "Scores" in json.dumps(s["Resource"]) for a in listed(s["Action"])]
    # THEN it may read rows in a batch, and nothing else
    assert on_scores == ["dynamodb:BatchGetItem"]
