"""The functions behind the API, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk

from commerce import runs, shown
from commerce.campaigns.places import PREVIEW, SAMPLE
from commerce.family import Family
from infra import access, naming
from infra.access import Grant
from infra.functions import (
    ASK,
    ASSESS,
    CAMPAIGNS,
    CUSTOMERS,
    MONITORING,
    OPENAPI,
    RANKINGS,
    REVIEWS,
    RULES,
    SCORES,
    TEMPLATES,
    UNSUBSCRIBE,
    FunctionSpec,
)
from infra.settings import Settings
from infra.stacks.campaign_grants import asked_by_letters
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.letters import LettersStack
from infra.stacks.models import ModelsStack
from infra.stacks.privacy import PRIVACY
from infra.stacks.workflows import family_settings

SPECS: dict[str, FunctionSpec] = {
    "Scores": SCORES,
    "Ask": ASK,
    "Assess": ASSESS,
    "Reviews": REVIEWS,
    "Rules": RULES,
    "Rankings": RANKINGS,
    "Monitoring": MONITORING,
    "OpenApi": OPENAPI,
    "Campaigns": CAMPAIGNS,
    "Templates": TEMPLATES,
    "Unsubscribe": UNSUBSCRIBE,
    "Customers": CUSTOMERS,
}
"""By logical id. A name that CloudFormation knows stays, or the deployed function would stand in its own way."""

_FILES = "A campaign's files are named by campaign and run; the function reads these kinds of them and nothing else."
_EXECUTIONS = "Executions are named by campaign and run as they start; the pattern keeps to this environment's."


def environment(
    stack: cdk.Stack,
    settings: Settings,
    families: Mapping[str, Family],
    data: DataStack,
    ingestion: IngestionStack,
    letters: LettersStack,
) -> dict[str, str]:
    """Every variable that a function behind the API may ask for."""
    schedules = letters.schedules
    return {
        **letters.variables,
        "SCORES_TABLE": data.scores.table_name,
        "RELEASES_TABLE": data.releases.table_name,
        "COUNTERS_TABLE": data.counters.table_name,
        "CAMPAIGNS_TABLE": data.campaigns.table_name,
        "LETTERS_TABLE": data.letters.table_name,
        "LAKE_BUCKET": data.lake.bucket_name,
        "MODELS_BUCKET": data.models.bucket_name,
        "EVENTS_STREAM": ingestion.events.name,
        "ENDPOINT_PREFIX": naming.prefix(settings.name),
        "FAMILY_SETTINGS": family_settings(settings, families),
        "CAMPAIGN_WORKFLOW": letters.campaign_arn,
        "PRIVACY_WORKFLOW": _privacy(stack, settings),
        "SCHEDULE_GROUP": schedules.group.ref,
        "SCHEDULE_ROLE": schedules.role.role_arn,
        "SCHEDULE_DEAD_LETTERS": schedules.dead_letters.queue_arn,
    }


def grants(
    stack: cdk.Stack,
    settings: Settings,
    families: Mapping[str, Family],
    data: DataStack,
    ingestion: IngestionStack,
    models: ModelsStack,
    letters: LettersStack,
) -> dict[str, list[Grant]]:
    """Grants by function."""

    def reading(pattern: str) -> Grant:
        return access.objects(data.lake_arn, pattern, "GetObject", because=_FILES)

    executions = naming.arn(stack, "states", f"execution:{letters.campaign_name}:*")
    return {
        SCORES.name: [
            *(access.items(table, "BatchGetItem") for table in (data.scores, data.releases, data.counters)),
            access.decrypt(data.key),
            *models.asking(family for family in families.values() if family.baseline),
        ],
        ASK.name: [
            *(access.items(table, "BatchGetItem") for table in (data.scores, data.releases, data.counters)),
            # Of the counters it writes what visitors were shown, and none of those that ingest keeps.
            access.items_below(data.counters, shown.PREFIX, "UpdateItem"),
            access.allow(["firehose:PutRecordBatch"], ingestion.events.arn),
            access.encrypt(data.key),
            *models.asking(family for family in families.values() if family.route),
        ],
        ASSESS.name: [
            access.items(data.counters, "BatchGetItem", "GetItem", "PutItem", "UpdateItem"),
            access.items(data.scores, "BatchGetItem"),
            access.items(data.releases, "BatchGetItem"),
            access.items(data.campaigns, "BatchGetItem", "GetItem"),
            access.objects(
                data.models_arn,
                "runs/*/model/*",
                "GetObject",
                because="Which version is live changes with every release; only models of runs can be read.",
            ),
            access.allow(["firehose:PutRecordBatch"], ingestion.events.arn),
            access.encrypt(data.key),
        ],
        REVIEWS.name: [
            access.items(data.counters, "BatchGetItem", "DeleteItem", "PutItem", "Query"),
            access.allow(["firehose:PutRecordBatch"], ingestion.events.arn),
            access.encrypt(data.key),
        ],
        RULES.name: [
            access.items(data.campaigns, "GetItem", "PutItem", "Query", "UpdateItem"),
            access.items(data.releases, "GetItem"),
            access.objects(
                data.models_arn,
                f"runs/*/{runs.HISTORY}",
                "GetObject",
                because="Which run's history rules are tried on changes with releases; only histories can be read.",
            ),
            access.encrypt(data.key),
        ],
        RANKINGS.name: [
            access.items(data.releases, "GetItem"),
            access.objects(
                data.models_arn,
                "runs/*/scores/ranking/*",
                "GetObject",
                because="Which run's list is live changes with every release; only lists can be read.",
            ),
            access.decrypt(data.key),
        ],
        MONITORING.name: [
            access.objects(
                data.models_arn,
                "monitoring/*",
                "GetObject",
                because="Reports are named by family and day; only reports can be read.",
            ),
            access.listing(data.models_arn, "monitoring/*"),
            access.decrypt(data.key),
        ],
        OPENAPI.name: [],
        CAMPAIGNS.name: [
            access.items(data.campaigns, "GetItem", "PutItem", "Query"),
            access.items(data.letters, "BatchGetItem", "GetItem"),
            reading("campaigns/*"),
            access.listing(data.lake_arn, "campaigns/*"),
            access.allow(["states:StartExecution"], letters.campaign_arn),
            access.allow(["states:StopExecution"], executions, because=_EXECUTIONS),
            *letters.schedules.keep,
            access.encrypt(data.key),
        ],
        TEMPLATES.name: [
            access.items(data.campaigns, "GetItem", "PutItem", "Query"),
            *(access.items(table, "BatchGetItem") for table in (data.scores, data.releases, data.counters)),
            *models.asking(asked_by_letters(families)),
            reading(f"letters/*/{PREVIEW}/members/{SAMPLE}"),
            access.listing(data.lake_arn, "letters/*"),
            letters.mail.send,
            access.encrypt(data.key),
        ],
        UNSUBSCRIBE.name: [
            access.items(data.letters, "UpdateItem"),
            access.allow(["firehose:PutRecordBatch"], ingestion.events.arn),
            letters.read_secret,
            access.encrypt(data.key),
        ],
        CUSTOMERS.name: [
            access.items(data.campaigns, "GetItem", "PutItem", "UpdateItem"),
            access.objects(
                data.lake_arn,
                "exports/*",
                "GetObject",
                because="An export is named by its request; whoever asked for it gets a signed address of it.",
            ),
            access.allow(["states:StartExecution"], _privacy(stack, settings)),
            access.encrypt(data.key),
        ],
    }


def _privacy(stack: cdk.Stack, settings: Settings) -> str:
    """By name: the workflow's stack is apart from the API's."""
    return naming.arn(stack, "states", f"stateMachine:{naming.name(settings.name, PRIVACY)}")
