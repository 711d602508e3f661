"""A letter's template: MJML with Liquid variables, one immutable version after another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.campaigns.campaign import Author, CampaignId
from commerce.campaigns.offer import OfferId
from commerce.scores import EntityId

MAX_BYTES = 100_000
"""Of a template's MJML and of the HTML that it makes: Gmail cuts letters off at 102 KB."""

TemplateId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]


class NewTemplate(BaseModel):
    """Body of `PUT /v1/templates/{id}`: saves a new version."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    subject: Annotated[str, Field(min_length=1, max_length=200)]
    mjml: Annotated[str, Field(min_length=1, max_length=MAX_BYTES)]
    author: Author
    comment: Annotated[str, Field(max_length=500)] = ""


class Problem(BaseModel):
    """What is wrong with a template. Only errors keep it from being saved."""

    severity: Literal["error", "warning"]
    code: str = Field(description="such as unknown_variable, no_unsubscribe_link, no_postal_address, too_large, unsafe")
    message: str
    line: int | None = None


class TemplateVersion(BaseModel):
    """One saved version."""

    id: str
    version: int
    name: str
    subject: str
    mjml: str
    html: str = Field(description="what the MJML makes, Liquid still in it; rendered per customer when sent")
    author: str
    comment: str
    created_at: datetime
    variables: list[str] = Field(default_factory=list, description="names that it uses")
    problems: list[Problem] = Field(default_factory=list, description="warnings")


class TemplateSummary(BaseModel):
    """The newest version of a template without its text."""

    id: str
    version: int
    name: str
    subject: str
    author: str
    comment: str
    created_at: datetime


class TemplateList(BaseModel):
    """Answer of `GET /v1/templates` and of `GET /v1/templates/{id}/versions`."""

    templates: list[TemplateSummary]


class PreviewRequest(BaseModel):
    """Body of `POST /v1/templates/{id}/preview`.

    With `campaign_id`, for a real customer of that campaign's last preview (`customer_id` says which, else the first);
    with `customer_id` alone, with that customer's real scores; with neither, for a made-up one.
    """

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1)] | None = None
    campaign_id: CampaignId | None = None
    customer_id: EntityId | None = None
    offer_id: OfferId | None = None
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class SendTestRequest(PreviewRequest):
    """Body of `POST /v1/templates/{id}/test`: the same letter, really sent to one address of the shop's own."""

    to: Annotated[str, Field(pattern=r"^[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+$", max_length=254)]


class RenderedLetter(BaseModel):
    """A letter as one customer would get it."""

    subject: str
    html: str
    text: str
    made_up: list[str] = Field(default_factory=list, description="variables that no real value was known for")


class SentTest(BaseModel):
    """Answer of `POST /v1/templates/{id}/test`."""

    message_id: str
