"""The SageMaker endpoint of a family that answers in real time: serverless, or instances that scale."""

from __future__ import annotations

from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.settings import ProvisionedEndpoint, ServerlessEndpoint

VARIANT = "live"


class Endpoint(Construct):
    """An endpoint called `name` over the one image; which version answers is decided per request, not here.

    A retrain changes nothing of it: the container loads the version that a request names.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        image_uri: str,
        role: iam.Role,
        key: kms.Key,
        environment: dict[str, str],
        mode: ServerlessEndpoint | ProvisionedEndpoint,
    ) -> None:
        super().__init__(scope, id_)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(image=image_uri, environment=environment),
        )
        # SageMaker reads its role's policy when the model is made.
        model.node.add_dependency(role)
        variant = _variant(model.attr_model_name, mode)
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[variant],
            # A serverless endpoint has no volume that a key could protect, and refuses one.
            kms_key_id=key.key_arn if mode.mode == "provisioned" else None,
        )
        self.endpoint = sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=name, endpoint_config_name=config.attr_endpoint_config_name
        )
        self.name = name
        if mode.mode == "provisioned":
            self._scale(mode)

    def _scale(self, mode: ProvisionedEndpoint) -> None:
        target = scaling.ScalableTarget(
            self,
            "Instances",
            service_namespace=scaling.ServiceNamespace.SAGEMAKER,
            resource_id=f"endpoint/{self.name}/variant/{VARIANT}",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            min_capacity=mode.min_instances,
            max_capacity=mode.max_instances,
        )
        target.node.add_dependency(self.endpoint)
        target.scale_to_track_metric(
            "Invocations",
            predefined_metric=scaling.PredefinedMetric.SAGEMAKER_VARIANT_INVOCATIONS_PER_INSTANCE,
            target_value=mode.invocations_per_minute,
        )


def _variant(
    model: str, mode: ServerlessEndpoint | ProvisionedEndpoint
) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    if mode.mode == "provisioned":
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            model_name=model,
            variant_name=VARIANT,
            initial_variant_weight=1,
            instance_type=mode.instance_type,
            initial_instance_count=mode.min_instances,
        )
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        model_name=model,
        variant_name=VARIANT,
        initial_variant_weight=1,
        serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
            max_concurrency=mode.max_concurrency, memory_size_in_mb=mode.memory_mb
        ),
    )
