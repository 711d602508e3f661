"""Properties of the events the e-commerce spec lacks: logins, payments, letters, stock and its supply, locations,
competitors, spend, exposures. What is observed and decided of risks is in `commerce.events.risk`.

Names of the letter events follow Segment's e-mail spec (https://segment.com/docs/connections/spec/email/).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from commerce.events.ecommerce import Currency, Money, ProductId, Properties, Quantity, Text


class EmailInteraction(Properties):
    """Email Sent, Delivered, Opened, Link Clicked, Bounced, Marked as Spam, and Unsubscribed."""

    email_id: Text | None = None
    campaign_id: Text | None = None
    template_id: Text | None = None
    link_url: Text | None = None
    reason: Text | None = None
    machine: bool | None = None


class StockCounted(Properties):
    product_id: ProductId
    location_id: Text = "*"
    quantity: Quantity
    on_order: Quantity | None = None


class DeliveryUpdated(Properties):
    """A line of a purchase order as it stands now, in place of what was said of it before."""

    purchase_order_id: Annotated[str, Field(min_length=1, max_length=255)]
    line_id: Text = "1"
    product_id: ProductId
    location_id: Text = "*"
    supplier: Text | None = None
    ordered_at: AwareDatetime
    promised_on: date | None = None
    arrived_at: AwareDatetime | None = None
    quantity: Annotated[float, Field(gt=0, le=1e9)] = Field(description="units ordered")
    arrived: Annotated[float, Field(ge=0, le=1e9)] | None = Field(default=None, description="units that arrived so far")


class SupplyTermsChanged(Properties):
    product_id: ProductId
    supplier: Text = "*"
    unit_cost: Annotated[float, Field(ge=0, le=1e12)] | None = None
    currency: Currency | None = None
    pack_size: Annotated[float, Field(gt=0, le=1e9)] | None = None
    min_order: Annotated[float, Field(ge=0, le=1e9)] | None = None
    shelf_life_days: Annotated[float, Field(gt=0, le=36500)] | None = None


class LocationChanged(Properties):
    """A store or warehouse as it is from now on, in place of what was said of it before."""

    location_id: Annotated[str, Field(min_length=1, max_length=255)]
    name: Text | None = None
    region: Text | None = Field(default=None, description="region that it counts in; empty: in none")


class CompetitorPriceObserved(Properties):
    product_id: ProductId
    competitor: Annotated[str, Field(min_length=1, max_length=255)]
    price: Annotated[float, Field(ge=0, le=1e12)]
    currency: Currency | None = None


class MarketingSpent(Properties):
    channel: Annotated[str, Field(min_length=1, max_length=255)]
    campaign_id: Text = "*"
    spent_on: date | None = None
    amount: Money
    currency: Currency | None = None
    impressions: Annotated[int, Field(ge=0)] | None = None
    clicks: Annotated[int, Field(ge=0)] | None = None


ExposureSource = Literal["model", "cold_start", "baseline", "exploration"]


class ShownItem(Properties):
    item_id: ProductId
    position: Annotated[int, Field(ge=1)]
    score: float | None = None
    propensity: Annotated[float, Field(gt=0, le=1)] | None = None
    source: ExposureSource | None = Field(default=None, description="where it is another than the other items'")


class ItemsShown(Properties):
    """An exposure: what was shown to whom, by which version of which family."""

    exposure_id: Annotated[str, Field(min_length=1, max_length=255)]
    family: Text
    version: Text | None = None
    source: ExposureSource = "model"
    context: dict[str, Text] = Field(default_factory=dict, description="what was asked for, such as the question")
    items: Annotated[list[ShownItem], Field(min_length=1, max_length=1000)]
