"""Least privilege, from what the journey did: every action used is granted, every action granted is used.

Runs after the other files of this folder (in alphabetical order), whose calls the local cloud recorded.
"""

import json
from collections import defaultdict

import pytest

pytestmark = pytest.mark.xdist_group("cloud")

NOT_EXERCISED_HERE = {
    "xray:PutTraceSegments": "the runtime sends traces only where Lambda runs it",
    "xray:PutTelemetryRecords": "likewise",
    "xray:GetSamplingRules": "likewise, by Step Functions",
    "xray:GetSamplingTargets": "likewise, by Step Functions",
}


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
        logical: sorted(actions - used[name] - set(NOT_EXERCISED_HERE))
        for name, (logical, actions) in roles(trained).items()
    }
    # THEN no role may do what it does not
    assert {role: actions for role, actions in unused.items() if actions} == {}
