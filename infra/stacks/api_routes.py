"""Every route of the API: who answers it, what it takes, and why it has no authorizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from commerce.assessments.reviews import Verdict
from commerce.campaigns.campaign import CampaignDefinition, NewCampaign
from commerce.campaigns.lifecycle import ScheduleRequest
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.template import NewTemplate, PreviewRequest, SendTestRequest
from commerce.family import Family
from commerce.rules.book import NewRules, VersionAsked
from commerce.scores import BatchGetRequest
from infra.functions import (
    ASK,
    ASSESS,
    CAMPAIGNS,
    CUSTOMERS,
    MONITORING,
    OPENAPI,
    RANKINGS,
    REVIEWS,
    RULES,
    SCORES,
    TEMPLATES,
    UNSUBSCRIBE,
    FunctionSpec,
)

TRACKING = ("track", "identify", "page", "screen", "group", "alias", "batch")
WRITE_KEY = (
    "Segment's clients authenticate with a write key as the basic-auth user, which browsers hold in public: it can "
    "only add events, and none that models take labels from: these need a server's key. The function checks it against "
    "the keys table; WAF and throttling stand before it."
)
SERVER_KEY = (
    "For a shop's own servers: API Gateway requires an API key with its own throttle. There are no user identities "
    "here that Cognito could know."
)
PUBLIC = "The API's description is public, holds no data, and is what clients are generated from."
LINK = (
    "Customers and their mail programs come by a link in a letter and have no key. The signed, expiring token in it is "
    "the whole right, to unsubscribe one customer and no more; the function checks it, and a GET changes nothing."
)


class QuestionBody(BaseModel):
    """Any JSON object. API Gateway says of a body that fits none of a union's schemas no more than that.

    The function says which questions there are, and what is wrong with this one.
    """

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True, slots=True)
class Route:
    """`parameters` maps `path.id` or `querystring.x` to whether it must be there; a path's own are added."""

    method: str
    path: str
    function: FunctionSpec
    body: type[BaseModel] | None = None
    parameters: dict[str, bool] = field(default_factory=dict)
    key_required: bool = True
    open_because: str = SERVER_KEY


def _campaign(method: str, path: str, body: type[BaseModel] | None = None) -> Route:
    return Route(method, f"v1/{path}", CAMPAIGNS, body)


def _template(method: str, path: str, body: type[BaseModel] | None = None) -> Route:
    return Route(method, f"v1/{path}", TEMPLATES, body)


_TOKEN = {"querystring.token": True}

ROUTES: tuple[Route, ...] = (
    Route("GET", "v1/customers/{id}/scores", SCORES, parameters={"querystring.families": False}),
    Route("POST", "v1/scores:batchGet", SCORES, BatchGetRequest),
    Route("GET", "v1/openapi.json", OPENAPI, key_required=False, open_because=PUBLIC),
    _campaign("GET", "campaigns"),
    _campaign("POST", "campaigns", NewCampaign),
    _campaign("GET", "campaigns/{id}"),
    _campaign("PUT", "campaigns/{id}", CampaignDefinition),
    _campaign("POST", "campaigns/{id}/schedule", ScheduleRequest),
    *(_campaign("POST", f"campaigns/{{id}}/{action}") for action in ("preview", "start", "pause", "resume", "cancel")),
    _campaign("GET", "campaigns/{id}/results"),
    _campaign("GET", "offers"),
    _campaign("GET", "offers/{id}"),
    _campaign("PUT", "offers/{id}", OfferDefinition),
    _campaign("GET", "coupons/{code}"),
    _template("GET", "templates"),
    Route("GET", "v1/templates/{id}", TEMPLATES, parameters={"querystring.version": False}),
    _template("PUT", "templates/{id}", NewTemplate),
    _template("GET", "templates/{id}/versions"),
    _template("POST", "templates/{id}/preview", PreviewRequest),
    _template("POST", "templates/{id}/test", SendTestRequest),
    _template("GET", "template-variables"),
    Route(
        "GET",
        "v1/reviews/{family}",
        REVIEWS,
        parameters={f"querystring.{name}": False for name in ("status", "limit", "next")},
    ),
    Route("POST", "v1/reviews/{family}/{event}", REVIEWS, Verdict),
    Route("GET", "v1/rules/{family}", RULES),
    Route("PUT", "v1/rules/{family}", RULES, NewRules),
    Route("GET", "v1/rules/{family}/versions", RULES),
    Route("POST", "v1/rules/{family}/simulate", RULES, VersionAsked),
    Route("POST", "v1/rules/{family}/activate", RULES, VersionAsked),
    Route("GET", "v1/monitoring/{family}", MONITORING, parameters={"querystring.date": False}),
    Route("DELETE", "v1/customers/{id}", CUSTOMERS),
    Route("GET", "v1/customers/{id}/export", CUSTOMERS),
    Route("GET", "v1/privacy-requests/{request_id}", CUSTOMERS),
    # A form's body, which API Gateway has no schema for: the function reads nothing of it but one word.
    *(
        Route(method, "v1/unsubscribe", UNSUBSCRIBE, parameters=_TOKEN, key_required=False, open_because=LINK)
        for method in ("GET", "POST")
    ),
)
"""Those that do not depend on the families."""


def routes(families: Mapping[str, Family]) -> tuple[Route, ...]:
    """All of them: those above, and those of each family that answers questions or is read by product or in a list."""
    asked = (Route("POST", f"v1/{name}", ASK, QuestionBody) for name, family in families.items() if family.route)
    read = (
        Route("GET", f"v1/{family.collection}/{{product}}", SCORES) for family in families.values() if family.collection
    )
    verbs = (
        Route("POST", f"v1/{family.collection}:{verb.name}", SCORES, verb.question)
        for family in families.values()
        for verb in family.verbs
    )
    ranked = (
        Route(
            "GET",
            f"v1/{family.collection}/{ranking.path}",
            RANKINGS,
            parameters={f"querystring.{name}": False for name in ("limit", "next", "sort", "format", *ranking.filters)},
        )
        for family in families.values()
        if (ranking := family.ranking)
    )
    assessed = (
        Route("POST", f"v1/{name}:assess", ASSESS, family.assessment.question)
        for name, family in families.items()
        if family.assessment
    )
    return (*ROUTES, *asked, *read, *ranked, *verbs, *assessed)
