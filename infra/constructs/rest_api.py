"""The REST API: one stage, validated requests, JSON access log, errors in one shape, and keys for servers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import naming
from infra.acknowledge import acknowledge
from infra.constructs.log_group import log_group
from infra.settings import Settings

STAGE = "live"

# Who called is not logged: a path may hold a customer's id, so the route stands in for it, and there is no address.
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationMs": "$context.integrationLatency",
    "responseBytes": "$context.responseLength",
    "apiKeyId": "$context.identity.apiKeyId",
    "wafAction": "$context.wafResponseCode",
    "error": "$context.error.responseType",
    "traceId": "$context.xrayTraceId",
}

# What API Gateway answers itself, in the API's own error shape. None keeps the gateway's status.
_GATEWAY_ERRORS = {
    "BAD_REQUEST_BODY": ("invalid_request", None),
    "BAD_REQUEST_PARAMETERS": ("invalid_request", None),
    "MISSING_AUTHENTICATION_TOKEN": ("not_found", "404"),
    "INVALID_API_KEY": ("forbidden", None),
    "REQUEST_TOO_LARGE": ("payload_too_large", None),
    "THROTTLED": ("too_many_requests", None),
    "QUOTA_EXCEEDED": ("too_many_requests", None),
    "WAF_FILTERED": ("forbidden", None),
    "DEFAULT_4XX": ("refused", None),
    "DEFAULT_5XX": ("internal_error", None),
}


class RestApi(Construct):
    """`route` adds what is answered; every method validates its request's parameters and body."""

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        super().__init__(scope, id_)
        self._settings = settings.api
        self._origins = list(settings.api.allowed_origins)
        name = naming.prefix(settings.name)
        days = settings.retention.log_days
        access = log_group(self, "AccessLog", name=f"/aws/apigateway/{name}", days=days)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=name,
            description=f"Events in, scores out ({name})",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            # Segment's clients may send gzip; API Gateway unpacks bodies only where compression is on.
            min_compression_size=cdk.Size.bytes(1024),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=settings.api.rate_per_second,
                throttling_burst_limit=settings.api.burst,
                # Traces hold requests' URLs, in which customers' ids are; the functions behind are traced without.
                tracing_enabled=False,
                # Metrics per route are billed one by one; those of the whole API are free and are what alarms look at.
                metrics_enabled=False,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(access),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
            ),
        )
        # CDK's own output of the address would stand beside ours.
        self.api.node.try_remove_child("Endpoint")
        self.stage = self.api.deployment_stage
        acknowledge(
            self.stage,
            "A trace of a stage holds the request's URL, in which a customer's id is; the functions behind are traced.",
            "APIGWXrayEnabled",
        )
        # API Gateway would make this group itself, and keep it for good.
        errors = log_group(
            self, "ErrorLog", name=f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{STAGE}", days=days
        )
        self.stage.node.add_dependency(errors)
        if settings.api.manage_logging_role:
            self.stage.node.add_dependency(self._logging_role())
        self._validator = self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        for kind, (code, status) in _GATEWAY_ERRORS.items():
            self.api.add_gateway_response(
                kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(kind),
                status_code=status,
                response_headers={"Access-Control-Allow-Origin": f"'{self._origins[0]}'"},
                templates={
                    "application/json": json.dumps({"error": {"code": code, "message": "@"}}).replace(
                        '"@"', "$context.error.messageString"
                    )
                },
            )

    def _logging_role(self) -> apigateway.CfnAccount:
        # One setting per account and region, used by every API in it: it stays when this stack goes.
        role = iam.Role(
            self,
            "LoggingRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            description="Lets API Gateway write logs in this account and region",
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        acknowledge(
            role,
            "API Gateway checks for the permissions of exactly this policy, which AWS maintains for it, when the "
            "account's logging role is set; the role is assumed by API Gateway alone.",
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        account.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return account

    def model(self, name: str, schema: Mapping[str, Any]) -> apigateway.IModel:
        """A body's JSON schema (draft 4, as API Gateway takes it)."""
        model = apigateway.CfnModel(
            self,
            f"{name}Model",
            rest_api_id=self.api.rest_api_id,
            name=name,
            content_type="application/json",
            schema={"$schema": "http://json-schema.org/draft-04/schema#", "title": name, **schema},
        )
        return apigateway.Model.from_model_name(self, f"{name}ModelName", model.ref)

    def route(
        self,
        method: str,
        path: str,
        function: lambda_.Function,
        *,
        body: apigateway.IModel | None = None,
        parameters: Mapping[str, bool] | None = None,
        key_required: bool = False,
        browsers: bool = False,
        open_because: str = "",
    ) -> apigateway.Method:
        """Answer `method path` by `function`.

        `parameters` maps `path.id` or `querystring.x` to whether it must be there. `browsers` adds the CORS preflight.
        `open_because` is the reason why the route has no authorizer.
        """
        resource = self.api.root.resource_for_path(path)
        added = resource.add_method(
            method,
            apigateway.LambdaIntegration(function, allow_test_invoke=False),  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            api_key_required=key_required,
            request_validator=self._validator,
            request_models={"application/json": body} if body else None,
            request_parameters={f"method.request.{name}": must for name, must in (parameters or {}).items()},
        )
        acknowledge(added, open_because, "APIG4", "COG4")
        if browsers:
            preflight = resource.add_cors_preflight(
                allow_origins=self._origins,
                allow_methods=[method],
                allow_headers=["Authorization", "Content-Type"],
                max_age=cdk.Duration.days(1),
            )
            acknowledge(
                preflight,
                "A CORS preflight carries no credentials by specification and reaches no function: a mock answers it.",
                "APIG4",
                "COG4",
            )
        return added

    def key_and_plan(self, name: str) -> apigateway.IApiKey:
        """An API key for servers, its value made by API Gateway, under a usage plan with its own limits."""
        key = self.api.add_api_key("ServerKey", api_key_name=name, description="For the shop's own servers")
        plan = self.api.add_usage_plan(
            "ServerPlan",
            name=name,
            description="What one server key may ask",
            throttle=apigateway.ThrottleSettings(
                rate_limit=self._settings.key_rate_per_second, burst_limit=self._settings.key_burst
            ),
            api_stages=[apigateway.UsagePlanPerApiStage(api=self.api, stage=self.stage)],
        )
        plan.add_api_key(key)
        return key
