"""The campaign workflow, its steps' functions, and the watch over what waits to be sent."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from commerce.family import Family
from infra import naming
from infra.constructs.dead_letters import dead_letters
from infra.constructs.function import Function
from infra.constructs.function_schedule import FunctionSchedule
from infra.constructs.job_role import ContainerRole
from infra.constructs.steps import step_functions
from infra.constructs.workflow import Workflow
from infra.functions import CAMPAIGN_STEPS, CAMPAIGN_WATCH
from infra.settings import Settings
from infra.stacks.api import ApiStack
from infra.stacks.base import ShopStack
from infra.stacks.campaign_grants import job_grants, step_grants, workflow_grants
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.letters import CAMPAIGN, LettersStack
from infra.stacks.models import ModelsStack
from infra.stacks.workflows import family_settings

WATCH = "rate(5 minutes)"


class CampaignsStack(ShopStack):
    """Comes after the API: letters hold its address."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        families: Mapping[str, Family],
        data: DataStack,
        ingestion: IngestionStack,
        models: ModelsStack,
        letters: LettersStack,
        api: ApiStack,
    ) -> None:
        super().__init__(scope, settings, "Campaigns", "From an audience to letters to their measured effect")
        environment = {
            **letters.variables,
            "CAMPAIGNS_TABLE": data.campaigns.table_name,
            "LETTERS_TABLE": data.letters.table_name,
            "SCORES_TABLE": data.scores.table_name,
            "COUNTERS_TABLE": data.counters.table_name,
            "RELEASES_TABLE": data.releases.table_name,
            "LAKE_BUCKET": data.lake.bucket_name,
            "MODELS_BUCKET": data.models.bucket_name,
            "API_URL": api.url,
            "EVENTS_STREAM": ingestion.events.name,
            "ENDPOINT_PREFIX": naming.prefix(settings.name),
            "FAMILY_SETTINGS": family_settings(settings, families),
        }
        may = step_grants(families, data, ingestion, models, letters)
        steps = step_functions(self, CAMPAIGN_STEPS, settings=settings, environment=environment, grants=may)
        jobs = ContainerRole(
            self,
            "Jobs",
            description=f"Jobs of campaigns of {naming.prefix(settings.name)}",
            image=models.image,
            grants=job_grants(data),
        ).role
        self.campaign = Workflow(
            self,
            "Campaign",
            settings=settings,
            name=CAMPAIGN,
            substitutions={
                "JobRoleArn": jobs.role_arn,
                "ImageUri": models.image_uri,
                "LakeBucket": data.lake.bucket_name,
                "EventBusName": data.bus.event_bus_name,
            },
            steps=steps,
            grants=workflow_grants(self, settings.name, data, jobs),
        )
        self.dead_letters = dead_letters(self, "DeadLetters", name=naming.name(settings.name, "watch-dead"))
        watch = Function(
            self,
            "Watch",
            settings=settings,
            spec=CAMPAIGN_WATCH,
            environment=environment,
            grants=may[CAMPAIGN_WATCH.name],
            dead_letters=self.dead_letters,
        )
        FunctionSchedule(
            self,
            "EveryFiveMinutes",
            function=watch,
            expression=WATCH,
            enabled=settings.campaigns.watch,
            dead_letters=self.dead_letters,
        )
        self.functions = [*steps, watch]
        self.output("CampaignStateMachineArn", self.campaign.machine.state_machine_arn, "Started by the API")
