"""What a shop may set for stock."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class StockParameters(BaseModel):
    """A shop's settings for stock. Money is in `currency`.

    With a `service_level` stock lasts until the next order's arrival with that chance; without one the expected cost of
    holding, lost sales, ordering and waste is lowest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(
        default=None, description="ISO 4217; that of the products' prices, where it is left out"
    )
    service_level: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="chance that stock lasts; where it is left out, costs decide"
    )
    review_days: Annotated[int, Field(ge=1, le=90)] = Field(default=7, description="days between two chances to order")
    lead_time_days: Annotated[float, Field(gt=0, le=365)] = Field(
        default=7, description="expected days from order to arrival, as long as no deliveries are known"
    )
    lead_time_spread_days: Annotated[float, Field(ge=0, le=365)] = Field(
        default=3, description="standard deviation of it"
    )
    holding_rate: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.25, description="cost of holding a unit for a year, as a share of its cost"
    )
    shortage_share: Annotated[float, Field(ge=0, le=10)] = Field(
        default=1.0, description="cost of a lost sale as a share of its margin; above 1 where customers stay away"
    )
    ordering_cost: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="money for each product and location ordered"
    )
    spoilage_share: Share = Field(default=1.0, description="of its cost that a unit loses when its shelf life ends")
    budget: Annotated[float, Field(ge=0)] | None = Field(default=None, description="money for all orders of one run")
    cost_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.65, description="cost over price, where only one of them is known"
    )
    elasticity: Annotated[float, Field(lt=0, ge=-20)] = Field(
        default=-2.0, description="percent by which demand changes for a percent of price, for markdowns"
    )
