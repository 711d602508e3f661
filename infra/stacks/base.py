"""What all stacks share: name, region, tags, outputs."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from infra import naming
from infra.settings import Settings


class ShopStack(cdk.Stack):
    """A stack called `Shopkeeper-<env>-<what>`."""

    def __init__(self, scope: Construct, settings: Settings, what: str, description: str) -> None:
        super().__init__(
            scope,
            naming.stack(settings.name, what),
            description=description,
            env=cdk.Environment(account=settings.account, region=settings.region),
            termination_protection=settings.retention.on_destroy == "retain",
        )
        self.settings = settings
        cdk.Tags.of(self).add("application", "shopkeeper")
        cdk.Tags.of(self).add("environment", settings.name)

    def output(self, name: str, value: str, description: str) -> None:
        """An output the command line reads by name."""
        cdk.CfnOutput(self, name, value=value, description=description)
