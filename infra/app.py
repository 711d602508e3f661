"""The CDK app: one environment's six stacks, from its settings. `cdk.json` starts this file's `main`."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from commerce.families import discover
from commerce.family import Family
from infra.settings import Settings, SettingsError, load
from infra.stacks.api import ApiStack
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.models import ModelsStack
from infra.stacks.monitoring import MonitoringStack
from infra.stacks.workflows import WorkflowsStack


def build(app: cdk.App, settings: Settings, families: Mapping[str, Family] | None = None) -> None:
    """Add the stacks of `settings` to `app`, for the families of this shop (or those given)."""
    families = discover() if families is None else families
    data = DataStack(app, settings)
    ingestion = IngestionStack(app, settings, data)
    models = ModelsStack(app, settings, families, data)
    workflows = WorkflowsStack(app, settings, families, data, models)
    api = ApiStack(app, settings, families, data, ingestion, models)
    MonitoringStack(app, settings, data, ingestion, models, workflows, api)


def check(app: cdk.App) -> None:
    """Run the security packs at synth: a finding that nobody acknowledged fails it."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def main() -> None:
    """Synthesize the environment of context `env`, where the CDK command line wants it."""
    app = cdk.App()
    env = app.node.try_get_context("env")
    if not env:
        raise SettingsError("say which environment: cdk synth -c env=dev (a file below infra/environments)")
    settings = load(env)
    build(app, settings)
    check(app)
    app.synth()


if __name__ == "__main__":
    main()
