"""What learns and answers: image, roles, one model package group per family, and endpoints for those that need one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from commerce.family import Family
from infra import access, naming
from infra.access import Grant
from infra.constructs.emptied_registry import EmptiedRegistry
from infra.constructs.endpoint import Endpoint
from infra.constructs.image import image
from infra.constructs.job_role import ContainerRole
from infra.constructs.spark import SparkApplication
from infra.constructs.storage import empties
from infra.settings import Settings
from infra.stacks.base import ShopStack
from infra.stacks.data import DataStack


class ModelsStack(ShopStack):
    """Made from the family specs: adding a family adds its group and, in endpoint mode, its endpoint."""

    def __init__(self, scope: Construct, settings: Settings, families: Mapping[str, Family], data: DataStack) -> None:
        super().__init__(scope, settings, "Models", "What learns and what answers in real time")
        prefix = naming.prefix(settings.name)
        self.image = asset = image(self, "Image")
        self.image_uri = asset.image_uri
        self.job_role = ContainerRole(
            self,
            "Jobs",
            description=f"Training and processing jobs of {prefix}",
            image=asset,
            grants=_job_grants(data),
        ).role

        self.groups: dict[str, sagemaker.CfnModelPackageGroup] = {}
        for name, family in families.items():
            self.groups[name] = sagemaker.CfnModelPackageGroup(
                self,
                f"{name.title()}Packages",
                model_package_group_name=f"{prefix}-{name}",
                model_package_group_description=family.title,
            )
        if empties(settings.retention):
            EmptiedRegistry(self, "EmptiedRegistry", settings=settings, groups=list(self.groups.values()))
        self.endpoints = self._endpoints(families, data, asset)
        self.asked = [name for name, family in families.items() if family.route]
        self.assessing = [name for name, family in families.items() if family.assessment]
        self.monitored = {name: settings.family(family) for name, family in families.items() if family.monitoring}
        self.invoke_endpoints = access.allow(
            ["sagemaker:InvokeEndpoint"], *(each.endpoint.ref for each in self.endpoints.values())
        )
        self.spark = None
        if settings.engine == "spark":
            self.spark = SparkApplication(self, "Spark", settings=settings, grants=_job_grants(data))
            # An explicit export has a known name, by which a finding about a pattern below it can be acknowledged.
            self.spark_arn = self.export_value(self.spark.application.attr_arn)

    def asking(self, families: Iterable[Family]) -> list[Grant]:
        """Ask the endpoints of these families, as far as they have one."""
        found = [self.endpoints[family.name].endpoint.ref for family in families if family.name in self.endpoints]
        return [access.allow(["sagemaker:InvokeEndpoint"], *found)] if found else []

    def _endpoints(
        self, families: Mapping[str, Family], data: DataStack, asset: ecr_assets.DockerImageAsset
    ) -> dict[str, Endpoint]:
        live = {name: family for name, family in families.items() if family.mode == "endpoint"}
        if not live:
            return {}
        prefix = naming.prefix(self.settings.name)
        role = ContainerRole(
            self,
            "Serving",
            description=f"Endpoints of {prefix}: read released models",
            image=asset,
            grants=[
                access.objects(
                    data.models_arn,
                    "runs/*/model/*",
                    "GetObject",
                    because="Which version is live changes with every release; only models of runs can be read.",
                ),
                access.decrypt(data.key),
            ],
        ).role
        return {
            name: Endpoint(
                self,
                f"{name.title()}Endpoint",
                name=f"{prefix}-{name}",
                image_uri=asset.image_uri,
                role=role,
                key=data.key,
                environment={"SHOPKEEPER_FAMILY": name, "MODELS_BUCKET": data.models.bucket_name},
                mode=self.settings.endpoint,
            )
            for name in live
        }


def _job_grants(data: DataStack) -> list[Grant]:
    """Curate the lake from raw events, and read and write the runs."""
    because = "Objects are named by table, day and run as jobs run; jobs reach the lake's and the runs' prefixes only."
    return [
        access.objects(data.lake_arn, "raw/events/*", "GetObject", because=because),
        access.objects(data.lake_arn, "lake/*", "GetObject", "PutObject", because=because),
        access.objects(data.models_arn, "runs/*", "GetObject", "PutObject", because=because),
        access.listing(data.lake_arn, "raw/events/*", "lake/*"),
        access.listing(data.models_arn, "runs/*"),
        access.encrypt(data.key),
    ]
