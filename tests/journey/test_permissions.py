"""Least privilege, from what the journey did: every action used is granted, every action granted is used.

Runs after the other files of this folder (in alphabetical order), whose calls the local cloud recorded.
"""

import json
from collections import defaultdict

import pytest

pytestmark = pytest.mark.xdist_group("cloud")

NOT_EXERCISED_HERE = {
    "xray:": "traces are sent where Lambda and Step Functions run, not here",
    "kms:": "DynamoDB and Firehose use the account's key in the caller's name, which the emulator does not ask for",
    "logs:DescribeLogStreams": "SageMaker looks for its log stream; the emulator makes it",
}
"""Beginnings of actions that AWS's services use in a role's name and the emulator does not; see local/README.md."""
DELIVERY = {"s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
"""What Firehose's own documentation asks of a delivery role beside PutObject; the emulator puts whole objects."""


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


def elsewhere(action, granted):
    """Whether a service uses the action in AWS alone. A role that only reads and writes S3 has to use its key here."""
    if action.startswith("kms:"):
        return any(other.startswith(("dynamodb:", "firehose:")) for other in granted) or granted >= DELIVERY
    return action.startswith(tuple(NOT_EXERCISED_HERE)) or (granted >= DELIVERY and action in DELIVERY)


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
        logical: sorted(a for a in actions - used[name] if not elsewhere(a, actions))
        for name, (logical, actions) in roles(trained).items()
    }
    # THEN no role may do what it does not
    assert not any(unused.values()), "\n".join(f"{role}: {actions}" for role, actions in unused.items() if actions)
