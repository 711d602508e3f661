"""Spark without servers, for shops whose lake outgrows one machine: the same features, prepared on EMR Serverless."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_emrserverless as emr
from constructs import Construct

from infra import naming
from infra.access import Grant
from infra.constructs.image import image
from infra.constructs.job_role import ContainerRole
from infra.settings import Settings

# The release and the Python of the image that `training/Dockerfile.spark` describes.
RELEASE = "emr-7.9.0"
PYTHON = "/usr/bin/python3.12"
# Feature frames come back to the driver whole: its memory bounds them, not the size that Spark allows by default.
SUBMIT_PARAMETERS = (
    f"--conf spark.emr-serverless.driverEnv.PYSPARK_PYTHON={PYTHON} --conf spark.executorEnv.PYSPARK_PYTHON={PYTHON} "
    "--conf spark.driver.maxResultSize=0"
)
ENTRY_POINT = "local:///opt/shopkeeper/training/spark.py"


class SparkApplication(Construct):
    """An EMR Serverless application that starts with a job, stops when idle, and costs nothing in between."""

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, grants: Sequence[Grant]) -> None:
        super().__init__(scope, id_)
        spark = settings.spark
        asset = image(self, "Image", "training/Dockerfile.spark")
        self.role = ContainerRole(
            self,
            "Jobs",
            description=f"Spark jobs of {naming.prefix(settings.name)}",
            image=asset,
            grants=grants,
            service="emr-serverless.amazonaws.com",
            log_group="/aws/emr-serverless*",
        ).role
        self.application = emr.CfnApplication(
            self,
            "Application",
            name=naming.name(settings.name, "spark"),
            type="SPARK",
            release_label=RELEASE,
            architecture="X86_64",
            image_configuration=emr.CfnApplication.ImageConfigurationInputProperty(image_uri=asset.image_uri),
            auto_start_configuration=emr.CfnApplication.AutoStartConfigurationProperty(enabled=True),
            auto_stop_configuration=emr.CfnApplication.AutoStopConfigurationProperty(
                enabled=True, idle_timeout_minutes=spark.idle_minutes
            ),
            maximum_capacity=emr.CfnApplication.MaximumAllowedResourcesProperty(
                cpu=f"{spark.max_vcpu} vCPU", memory=f"{spark.max_memory_gb} GB"
            ),
            monitoring_configuration=emr.CfnApplication.MonitoringConfigurationProperty(
                cloud_watch_logging_configuration=emr.CfnApplication.CloudWatchLoggingConfigurationProperty(
                    enabled=True
                )
            ),
        )
