"""How apps and servers reach the shop: tracking routes, score routes, the OpenAPI document, and the firewall."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from commerce.family import Family
from commerce.scores import BatchGetRequest
from infra import access, naming
from infra.constructs.body_schema import body_schema
from infra.constructs.firewall import Firewall
from infra.constructs.function import Function
from infra.constructs.rest_api import STAGE, RestApi
from infra.functions import OPENAPI, SCORES
from infra.settings import Settings
from infra.stacks.base import ShopStack
from infra.stacks.data import DataStack
from infra.stacks.ingestion import IngestionStack
from infra.stacks.models import ModelsStack
from infra.stacks.workflows import family_settings

_TRACKING = ("track", "identify", "page", "screen", "group", "alias", "batch")
_WRITE_KEY = (
    "Segment's clients authenticate with a write key as the basic-auth user, which browsers hold in public: it can "
    "only add events. The function checks it against the keys table; WAF and throttling stand before it."
)
_SERVER_KEY = (
    "For a shop's own servers: API Gateway requires an API key with its own throttle. There are no user identities "
    "here that Cognito could know."
)
_PUBLIC = "The API's description is public, holds no data, and is what clients are generated from."


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
    ) -> None:
        super().__init__(scope, settings, "Api", "How apps and servers reach the shop")
        self.scores = Function(
            self,
            "Scores",
            settings=settings,
            spec=SCORES,
            environment={
                "SCORES_TABLE": data.scores.table_name,
                "RELEASES_TABLE": data.releases.table_name,
                "COUNTERS_TABLE": data.counters.table_name,
                "ENDPOINT_PREFIX": naming.prefix(settings.name),
                "FAMILY_SETTINGS": family_settings(settings, families),
            },
            grants=[
                *(access.items(table, "BatchGetItem") for table in (data.scores, data.releases, data.counters)),
                access.decrypt(data.key),
                *([models.invoke_endpoints] if models.endpoints else []),
            ],
        )
        self.openapi = Function(self, "OpenApi", settings=settings, spec=OPENAPI, environment={})
        self.functions = [self.scores, self.openapi]

        self.rest = RestApi(self, "Rest", settings=settings)
        event = self.rest.model("Message", {"type": "object"})
        batch = self.rest.model(
            "Batch", {"type": "object", "required": ["batch"], "properties": {"batch": {"type": "array"}}}
        )
        asked = self.rest.model("ScoresRequest", body_schema(BatchGetRequest))
        for kind in _TRACKING:
            self.rest.route(
                "POST",
                f"v1/{kind}",
                ingestion.ingest.function,
                body=batch if kind == "batch" else event,
                browsers=True,
                open_because=_WRITE_KEY,
            )
        scores = self.scores.function
        self.rest.route(
            "GET",
            "v1/customers/{id}/scores",
            scores,
            parameters={"path.id": True, "querystring.families": False},
            key_required=True,
            open_because=_SERVER_KEY,
        )
        self.rest.route("POST", "v1/scores:batchGet", scores, body=asked, key_required=True, open_because=_SERVER_KEY)
        self.rest.route("GET", "v1/openapi.json", self.openapi.function, open_because=_PUBLIC)
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
        url = f"https://{self.rest.api.rest_api_id}.execute-api.{self.region}.{cdk.Aws.URL_SUFFIX}/{STAGE}"
        self.output("ApiUrl", url, "Send events and ask for scores here; routes begin with /v1")
        self.output("ApiId", self.rest.api.rest_api_id, "The REST API")
        self.output("ApiKeyId", key.key_id, "The servers' key; ask API Gateway for its value")
