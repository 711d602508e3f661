"""One environment's nine stacks, put together from its settings, and the checks they have to pass."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from commerce.family import Family
from infra.settings import Settings
from infra.stacks.api import ApiStack
from infra.stacks.campaigns import CampaignsStack
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.letters import LettersStack
from infra.stacks.models import ModelsStack
from infra.stacks.monitoring import MonitoringStack
from infra.stacks.privacy import PrivacyStack
from infra.stacks.workflows import WorkflowsStack


def build(app: cdk.App, settings: Settings, families: Mapping[str, Family]) -> None:
    """Add the stacks of `settings` to `app`, for `families`."""
    data = DataStack(app, settings)
    ingestion = IngestionStack(app, settings, data)
    models = ModelsStack(app, settings, families, data)
    workflows = WorkflowsStack(app, settings, families, data, models)
    letters = LettersStack(app, settings, data, ingestion)
    api = ApiStack(app, settings, families, data, ingestion, models, letters)
    campaigns = CampaignsStack(app, settings, families, data, ingestion, models, letters, api)
    privacy = PrivacyStack(app, settings, data, models)
    MonitoringStack(app, settings, data, ingestion, models, workflows, letters, api, campaigns, privacy)


def check(app: cdk.App) -> None:
    """Run the security packs at synth: a finding that nobody acknowledged fails it."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
