"""Least privilege, from what the journey did: every action used is granted, every action granted is used.

Runs last of this folder, whose files go in alphabetical order: the local cloud recorded the calls of those before.
"""

import json
from collections import defaultdict

IN_AWS_ALONE = {
    "": {
        "xray:": "Lambda and Step Functions send traces there, not here",
    },
    "Ask Ingest Reviews Scores Plan Release PublishScores Settle Interactions Unsubscribe EraseTables Watch": {
        "kms:": "DynamoDB and Firehose use the account's key in the caller's name; the emulator does not ask for it",
    },
    "Assess CampaignCheck Campaigns Customers Deliver PrivacyDone Rules Templates": {
        "kms:GenerateDataKey": "likewise; what they read from S3 is judged",
    },
    "CampaignCheck CampaignPlan Campaigns Customers PrivacyDone Templates": {
        "s3:ListBucket": "asked for where an object is absent, so that it reads as absent and not as denied",
    },
    "CampaignPlan": {
        "dynamodb:PutItem": "where a schedule starts a campaign; tests/workflows does",
        "dynamodb:Query": "where a run is resumed; tests/workflows does",
    },
    "Campaigns": {
        "states:StopExecution": "where a campaign is cancelled while its effect is measured",
        "iam:PassRole": "where a campaign is scheduled; tests/local judges it",
        "scheduler:": "likewise",
    },
    "Deliver": {
        "dynamodb:DeleteItem": "where the mail service refuses a letter, whose coupon is then given back",
        "dynamodb:GetItem": "where a letter is in doubt: the newest event that was seen",
    },
    "Templates": {
        "ses:": "where a test letter is sent; nobody sends one here",
        "dynamodb:BatchGetItem": "where a template is previewed with a customer's scores; tests/functions does",
        "kms:Decrypt": "likewise, with a campaign's preview",
        "s3:GetObject": "likewise",
        "sagemaker:InvokeEndpoint": "likewise, of a template that recommends",
    },
    "Customers": {
        "dynamodb:UpdateItem": "where a request's execution ended silently; tests/functions does",
    },
    "Announce": {
        "sqs:SendMessage": "what could not be told on the bus; tests/functions has a bus that refuses",
    },
    "Release": {
        "sqs:SendMessage": "what an alarm's call failed on; test_bad_version has one that succeeds",
    },
    "Watch Retention": {
        "dynamodb:Query": "schedules are switched off in the local settings; tests/functions runs both",
        "kms:": "likewise",
        "logs:": "likewise",
        "s3:": "likewise",
        "sqs:SendMessage": "what a scheduled function failed on",
    },
    "EveryFiveMinutes Daily": {
        "lambda:InvokeFunction": "likewise switched off",
        "sqs:SendMessage": "what a schedule could not start",
    },
    "Events Rejected": {
        "kms:Decrypt": "Firehose's documentation asks it of a delivery role; the emulator puts whole objects",
        "s3:AbortMultipartUpload": "likewise",
        "s3:GetBucketLocation": "likewise",
        "s3:ListBucket": "likewise",
        "s3:ListBucketMultipartUploads": "likewise",
        "s3:ListMultipartUploadParts": "likewise",
        "logs:PutLogEvents": "Firehose logs what it could not deliver; the emulator delivered everything",
    },
    "Jobs": {
        "dynamodb:DeleteItem": "where an erased customer's events were counted; tests/workflows does",
        "logs:DescribeLogStreams": "SageMaker looks for its log stream; the emulator makes it",
        "s3:DeleteObjectVersion": "the local buckets keep no old versions that an erasure could find",
        "s3:GetObjectVersion": "likewise",
    },
    "Serving": {
        "logs:": "SageMaker logs for the endpoint's container; here the log is a file",
        "cloudwatch:PutMetricData": "likewise its metrics",
    },
    "Register": {
        "s3:GetObject": "SageMaker looks at the artifact with the caller's permissions",
        "kms:Decrypt": "likewise",
    },
    "Retrain Campaign Privacy": {
        "logs:": "CloudFormation lets the workflow's role set up log delivery; the emulator has none",
        "sagemaker:Stop": "only where an execution is stopped while a job runs",
        "sagemaker:AddTags": "Step Functions tags the jobs it starts and waits for",
        "states:": "a Distributed Map's children are executions of their own there",
    },
    "Schedules": {
        # Of retraining and of campaigns.
        "states:StartExecution": "schedules are switched off in the local settings; tests/local fires one",
        "sqs:SendMessage": "where a schedule could not start its execution",
    },
}
"""Logical names of roles (all, where empty) → beginnings of actions that only AWS's own services use → why."""


def roles(shop):
    """Physical role name → (logical name, actions its policies allow), of every role of every stack."""
    found = {}
    cloudformation = shop.client("cloudformation")
    for path in sorted((shop.state / "assembly").glob("*.template.json")):
        resources = json.loads(path.read_text())["Resources"]
        listed = cloudformation.describe_stack_resources(StackName=path.name.removesuffix(".template.json"))
        physical = {r["LogicalResourceId"]: r.get("PhysicalResourceId") for r in listed["StackResources"]}
        actions = defaultdict(set)
        for logical, resource in resources.items():
            if resource["Type"] == "AWS::IAM::Role":
                for policy in resource["Properties"].get("Policies", []):
                    actions[logical] |= allowed(policy["PolicyDocument"])
            elif resource["Type"] == "AWS::IAM::Policy":
                for role in resource["Properties"]["Roles"]:
                    actions[role["Ref"]] |= allowed(resource["Properties"]["PolicyDocument"])
        found |= {physical[logical]: (logical, names) for logical, names in actions.items()}
    return found


def allowed(document):
    names = set()
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            action = statement["Action"]
            names |= {action} if isinstance(action, str) else set(action)
    return names


def in_aws_alone(logical, action):
    """Whether only AWS's own services use the action of the role."""
    return any(
        action.startswith(tuple(actions))
        for names, actions in IN_AWS_ALONE.items()
        if not names or logical.partition("Role")[0] in names.split()
    )


def calls(shop):
    lines = (shop.state / "emulator" / "calls.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_no_call_of_a_deployed_role_was_refused(trained):
    # GIVEN the calls of the whole journey
    # WHEN those that were refused are collected
    refused = [c for c in calls(trained) if not c["allowed"]]
    # THEN there is none
    assert refused == []


def test_every_granted_action_is_used(trained):
    # GIVEN what each role may do and what it did
    used = defaultdict(set)
    for call in calls(trained):
        used[call["role"]].add(call["action"])
    # WHEN they are compared
    unused = {
        logical: sorted(a for a in actions - used[name] if not in_aws_alone(logical, a))
        for name, (logical, actions) in roles(trained).items()
    }
    # THEN no role may do what it does not
    assert not any(unused.values()), "\n".join(f"{role}: {actions}" for role, actions in unused.items() if actions)
