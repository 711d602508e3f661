"""The assemblies pass the security packs and cfn-lint, and would not if something were wrong."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from cfnlint import ManualArgs, lint_file

from infra import assembly

# CDK writes out dependencies that its references already make; that is redundant, not wrong.
REDUNDANT = "W3005"


@pytest.mark.parametrize("name", ["dev", "prod", "grown"])
def test_no_finding_of_the_security_packs_is_open(name, request):
    # GIVEN an environment that was synthesized under both packs: an open finding would have raised
    checked = request.getfixturevalue(name)
    # WHEN the report of the packs is read
    report = json.loads((checked.folder / "validation-report.json").read_text())
    # THEN both packs ran and neither has a finding left
    packs = {p["pluginName"]: p for p in report["pluginReports"]}
    assert {"AwsSolutions", "Serverless"} <= set(packs)
    assert all(p["conclusion"] == "success" and not p["violations"] for p in packs.values())


def test_a_finding_that_nobody_acknowledged_fails_the_synth(tmp_path):
    # GIVEN an app with a topic that takes plain HTTP
    app = cdk.App(outdir=str(tmp_path))
    sns.Topic(cdk.Stack(app, "Careless"), "Topic")
    assembly.check(app)
    # WHEN it is synthesized
    # THEN it is refused
    with pytest.raises(RuntimeError, match="ValidationFailed: ERROR The SNS Topic"):
        app.synth()


@pytest.mark.parametrize("stack", ["Data", "Ingestion", "Models", "Workflows", "Api", "Monitoring"])
def test_cfn_lint_has_nothing_to_say(dev, stack):
    # GIVEN a stack's template
    template = Path(dev.folder, f"Shopkeeper-dev-{stack}.template.json")
    # WHEN it is linted
    found = lint_file(template, config=ManualArgs(regions=["us-east-1"], ignore_checks=[REDUNDANT]))
    # THEN there is neither error nor warning
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("name", ["dev", "grown"])
def test_every_acknowledgement_meets_one_finding_and_gives_a_reason(name, request):
    # GIVEN the acknowledgements of an assembly, and the findings that they met
    checked = request.getfixturevalue(name)
    given = [e for p in checked.folder.glob("*.metadata.json") for e in acknowledged(json.loads(p.read_text()))]
    report = json.loads((checked.folder / "validation-report.json").read_text())
    met = {v["ruleName"] for p in report["pluginReports"] for v in p["suppressedViolations"]}
    # WHEN they are held against each other
    idle = {rule for rule, _ in given if rule.split("::", 1)[1] not in met}
    # THEN none is there for nothing, and each has a sentence for a reason
    assert given and not idle
    assert all(len(reason) > 50 for _, reason in given)


def acknowledged(metadata):
    """(rule, reason) pairs of a stack's metadata."""
    for entries in metadata.values():
        for entry in entries if isinstance(entries, list) else []:
            if entry["type"] == "aws:cdk:acknowledged-rules":
                yield from entry["data"].items()
