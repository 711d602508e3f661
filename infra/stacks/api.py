"""How apps, servers and customers reach the shop: the API with its functions, and the firewall."""

from __future__ import annotations

import re
from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from commerce.family import Family
from infra import naming
from infra.constructs.body_schema import body_schema
from infra.constructs.firewall import Firewall
from infra.constructs.function import Function
from infra.constructs.rest_api import STAGE, RestApi
from infra.settings import Settings
from infra.stacks import api_functions
from infra.stacks.api_routes import TRACKING, WRITE_KEY, routes
from infra.stacks.base import ShopStack
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.letters import LettersStack
from infra.stacks.models import ModelsStack

_IN_PATH = re.compile(r"\{(\w+)\}")


class ApiStack(ShopStack):
    """The public face of the shop."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        families: Mapping[str, Family],
        data: DataStack,
        ingestion: IngestionStack,
        models: ModelsStack,
        letters: LettersStack,
    ) -> None:
        super().__init__(scope, settings, "Api", "How apps and servers reach the shop")
        environment = api_functions.environment(self, settings, families, data, ingestion, letters)
        may = api_functions.grants(self, settings, families, data, ingestion, models, letters)
        self.functions = [
            Function(
                self,
                id_,
                settings=settings,
                spec=spec,
                environment=environment,
                grants=may[spec.name],
            )
            for id_, spec in api_functions.SPECS.items()
        ]
        self.rest = RestApi(self, "Rest", settings=settings)
        self._tracking(ingestion)
        self._routes(families)
        key = self.rest.key_and_plan(naming.name(settings.name, "server"))
        stage_arn = (
            f"arn:{self.partition}:apigateway:{self.region}::/restapis/{self.rest.api.rest_api_id}/stages/{STAGE}"
        )
        wall = Firewall(
            self,
            "Firewall",
            name=naming.prefix(settings.name),
            stage_arn=stage_arn,
            per_ip=settings.api.ip_requests_per_5_minutes,
        )
        wall.association.node.add_dependency(self.rest.stage)
        self.url = f"https://{self.rest.api.rest_api_id}.execute-api.{self.region}.{cdk.Aws.URL_SUFFIX}/{STAGE}"
        self.output("ApiUrl", self.url, "Send events and ask for scores here; routes begin with /v1")
        self.output("ApiId", self.rest.api.rest_api_id, "The REST API")
        self.output("ApiKeyId", key.key_id, "The servers' key; ask API Gateway for its value")

    def _tracking(self, ingestion: IngestionStack) -> None:
        """The tracking routes check as little as Segment's clients expect: the function says what is wrong."""
        event = self.rest.model("Message", {"type": "object"})
        batch = self.rest.model(
            "Batch", {"type": "object", "required": ["batch"], "properties": {"batch": {"type": "array"}}}
        )
        for kind in TRACKING:
            self.rest.route(
                "POST",
                f"v1/{kind}",
                ingestion.ingest.function,
                body=batch if kind == "batch" else event,
                browsers=True,
                open_because=WRITE_KEY,
            )

    def _routes(self, families: Mapping[str, Family]) -> None:
        every = routes(families)
        functions = {each.spec.name: each.function for each in self.functions}
        asked = dict.fromkeys(route.body for route in every if route.body)
        models = {body: self.rest.model(body.__name__, body_schema(body)) for body in asked}
        for route in every:
            in_path = {f"path.{name}": True for name in _IN_PATH.findall(route.path)}
            self.rest.route(
                route.method,
                route.path,
                functions[route.function.name],
                body=models[route.body] if route.body else None,
                parameters=in_path | route.parameters,
                key_required=route.key_required,
                open_because=route.open_because,
            )
