"""How letters leave and what comes back: domain, configuration set, events, secret, and campaigns' schedules."""

from __future__ import annotations

from constructs import Construct

from infra import access, naming
from infra.constructs.campaign_schedules import CampaignSchedules
from infra.constructs.function import Function
from infra.constructs.mail import Mail
from infra.constructs.mail_events import MailEvents
from infra.constructs.token_secret import token_secret
from infra.functions import INTERACTIONS
from infra.settings import Settings
from infra.stacks.base import ShopStack
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack

CAMPAIGN = "campaign"


class LettersStack(ShopStack):
    """Comes before the API, whose functions send test letters, check links, and keep schedules."""

    def __init__(self, scope: Construct, settings: Settings, data: DataStack, ingestion: IngestionStack) -> None:
        super().__init__(scope, settings, "Letters", "How letters leave, and what comes back")
        env, sender = settings.name, settings.campaigns.sender
        self.events = MailEvents(
            self,
            "Events",
            name=naming.name(env, "letter-events"),
            key=data.key,
            function_seconds=INTERACTIONS.timeout_seconds,
        )
        self.mail = Mail(
            self, "Mail", name=naming.name(env, "letters"), address=sender.address, topic=self.events.topic
        )
        self.secret = token_secret(
            self, "Secret", name=naming.name(env, "tokens"), key=data.key, retention=settings.retention
        )
        self.read_secret = access.allow(["secretsmanager:GetSecretValue"], self.secret.secret_arn)
        self.interactions = Function(
            self,
            "Interactions",
            settings=settings,
            spec=INTERACTIONS,
            environment={"LETTERS_TABLE": data.letters.table_name, "EVENTS_STREAM": ingestion.events.name},
            grants=[
                access.items(data.letters, "BatchGetItem", "PutItem", "UpdateItem"),
                access.allow(["firehose:PutRecordBatch"], ingestion.events.arn),
                access.encrypt(data.key),
                self.events.receive,
            ],
        )
        self.events.read_by(self.interactions)
        # By name: the workflow's stack comes after the API's, which starts it.
        self.campaign_name = naming.name(env, CAMPAIGN)
        self.campaign_arn = naming.arn(self, "states", f"stateMachine:{self.campaign_name}")
        self.schedules = CampaignSchedules(
            self, "Schedules", name=naming.name(env, "campaigns"), workflow_arn=self.campaign_arn
        )
        self.functions = [self.interactions]
        self.variables = {
            "SHOP": sender.model_dump_json(),
            "SENDING": settings.campaigns.sending.model_dump_json(),
            "CONFIGURATION_SET": self.mail.configuration_set,
            "TOKEN_SECRET": self.secret.secret_arn,
        }
        for number, record in enumerate(self.mail.dkim_records, start=1):
            self.output(f"DkimRecord{number}", record, "CNAME record to publish, before SES sends from the domain")
        self.output("ConfigurationSet", self.mail.configuration_set, "Letters are sent through it")
        self.output("LetterEvents", self.events.topic.topic_arn, "What becomes of letters is published here")
