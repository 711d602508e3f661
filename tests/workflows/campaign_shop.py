"""An account with the campaign workflow in it, whose jobs write what the container writes."""

import json
import re
import time
from datetime import date
from pathlib import Path

from commerce.campaigns.audience import Member
from commerce.campaigns.plan import CampaignPlan
from functions.campaign_check.handler import handler as campaign_check
from functions.campaign_plan.handler import handler as campaign_plan
from functions.common import campaigns
from functions.common.campaigns import PartProgress
from functions.settle import logic as settling
from functions.settle.handler import handler as settle
from tests.functions.campaign_fixtures import (
    TABLE,
    call,
    definition,
    facts,
    put,
    result,
    save_campaign,
    save_template,
    stored,
)
from tests.functions.support import LAKE, session_client
from tests.workflows.interpreter import InProcessLambda, install, lambda_context

DEFINITION = (Path(__file__).parents[2] / "stepfunctions" / "campaign.asl.json").read_text("utf-8")
ROLE = "arn:aws:iam::123456789012:role/jobs"
REPLAY = {"as_of": date(2026, 1, 1), "looks": 2}
"""A window that is over: no look has to be waited for."""


class Shop:
    """An account with the workflow in it; what its jobs find and its letters do is the test's choice."""

    def __init__(self, account, monkeypatch):
        self.account = account
        self.eligible, self.broken = 3, ""
        self.delivered: list[tuple[int, str]] = []
        self.deliver = self.deliver_all
        self.meanwhile = {}
        functions = {
            "CampaignPlanFunctionArn": campaign_plan,
            "CampaignCheckFunctionArn": campaign_check,
            "DeliverFunctionArn": lambda event, _: self.deliver(event),
            "SettleFunctionArn": settle,
        }
        self.functions = InProcessLambda(functions, lambda_context())
        jobs = {"audience": self.audience, "allocate": self.allocate, "measure": self.measure}
        self.requests = install(monkeypatch, self.functions, jobs)
        self.sfn, events, sqs = (session_client(s) for s in ("stepfunctions", "events", "sqs"))
        events.create_event_bus(Name="shop")
        self.queue = sqs.create_queue(QueueName="reports")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="reports", EventBusName="shop", EventPattern='{"source": ["shopkeeper"]}')
        events.put_targets(Rule="reports", EventBusName="shop", Targets=[{"Id": "q", "Arn": arn}])
        values = {name: name for name in functions}
        values |= {"EventBusName": "shop", "LakeBucket": LAKE, "JobRoleArn": ROLE, "ImageUri": "shopkeeper:1"}
        definition = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], DEFINITION)
        role = "arn:aws:iam::123456789012:role/workflow"
        machine = self.sfn.create_state_machine(name="test-campaign", definition=definition, roleArn=role)
        self.machine = machine["stateMachineArn"]
        monkeypatch.setenv("CAMPAIGN_WORKFLOW", self.machine)
        monkeypatch.setenv("SENDING", '{"quiet_from": null, "measure_delay_seconds": 0}')
        for name in ("FIRST_WAIT", "LONGEST_WAIT"):
            monkeypatch.setattr(settling, name, getattr(settling, name) * 0)
        save_template(account)

    def folder(self, request, output):
        """Key of the folder that an output of a job goes to."""
        self.work(request["AppSpecification"]["ContainerArguments"][0])
        outputs = {o["OutputName"]: o["S3Output"]["S3Uri"] for o in request["ProcessingOutputConfig"]["Outputs"]}
        return outputs[output].removeprefix(f"s3://{LAKE}/")

    def work(self, job):
        """What happens while a job runs."""
        self.meanwhile.pop(job, lambda: None)()
        if self.broken == job:
            raise RuntimeError("AlgorithmError: the container said why, exit code: 1")

    def plan(self, request):
        """The plan that a job was given."""
        [uri] = [i["S3Input"]["S3Uri"] for i in request["ProcessingInputs"] if i["InputName"] == "plan"]
        key = f"{uri.removeprefix(f's3://{LAKE}/')}/plan.json"
        return CampaignPlan.model_validate_json(self.account.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())

    def audience(self, request):
        put(self.account, f"{self.folder(request, 'audience')}/audience.json", facts(self.eligible).model_dump_json())

    def allocate(self, request):
        folder, parts = self.folder(request, "allocation"), self.plan(request).letters.removeprefix(f"s3://{LAKE}/")
        found = facts(self.eligible, arms={"letter": 2, "holdout": 1})
        put(self.account, f"{folder}/allocated.json", found.model_dump_json())
        manifest = [{"number": n, "key": f"{parts}/parts/part-{n:05d}.jsonl", "rows": n} for n in (1, 2)]
        put(self.account, f"{folder}/manifest.json", json.dumps(manifest))
        for part in manifest:
            members = [self.member(f"c-{part['number']}-{n}") for n in range(part["rows"])]
            put(self.account, part["key"], "".join(member.model_dump_json() + "\n" for member in members))

    def member(self, customer_id):
        return Member(customer_id=customer_id, arm="letter", email=f"{customer_id}@example.com")

    def measure(self, request):
        folder, look = self.folder(request, "look"), int(request["Environment"]["SHOPKEEPER_LOOK"])
        assert folder.endswith(f"/look-{look:02d}")
        plan = self.plan(request)
        put(self.account, f"{folder}/result.json", result(plan.run, look, len(plan.looks)).model_dump_json())

    def progress(self, event, **changes):
        """Write how far a part is, as the deliver function does."""
        part = PartProgress.model_validate({**event["part"], "sent": event["part"]["rows"], "state": "done"} | changes)
        campaigns.put_part(self.account.dynamodb, TABLE, event["campaign_id"], event["run"], part)

    def deliver_all(self, event):
        """A part is sent at once, unless the campaign is not being sent."""
        status = campaigns.status(self.account.dynamodb, TABLE, event["campaign_id"])
        if status != "sending":
            self.progress(event, state="waiting", sent=0)
            return {"state": "stopped"}
        self.delivered.append((event["part"]["number"], event["run"]))
        self.progress(event)
        return {"state": "done"}

    def start(self, **changes):
        """A replay that is started, and what became of its execution."""
        save_campaign(self.account, **changes)
        return self.act("start")

    def act(self, action):
        """(status of the execution, endings reported) after an action that starts one."""
        before = {e["executionArn"] for e in self.executions()}
        status, body, _ = call(lambda_context(), "POST", f"/v1/campaigns/win-back/{action}")
        assert status == 202, body
        [begun] = [e["executionArn"] for e in self.executions() if e["executionArn"] not in before]
        return self.ended(begun)

    def executions(self):
        return self.sfn.list_executions(stateMachineArn=self.machine)["executions"]

    def execute(self, name, **given):
        """The same for an execution that somebody else starts."""
        arn = self.sfn.start_execution(stateMachineArn=self.machine, name=name, input=json.dumps(given))["executionArn"]
        return self.ended(arn)

    def ended(self, arn):
        for _ in range(1200):
            self.described = self.sfn.describe_execution(executionArn=arn)
            if self.described["status"] != "RUNNING":
                break
            time.sleep(0.05)
        return self.described["status"], self.reports()

    def reports(self):
        """Events that reached the bus since the last look."""
        messages = session_client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        events = []
        for message in messages.get("Messages", []):
            session_client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            events.append(json.loads(message["Body"]))
        return {event["detail-type"].removeprefix("Campaign "): event["detail"] for event in events}

    def jobs(self):
        """Jobs that ran, in their order."""
        return [step for step, _ in self.requests]

    def campaign(self):
        return stored(self.account)


def replay(**changes):
    """Of a campaign whose window is over."""
    return {"definition": definition(**(REPLAY | changes))}
