"""Fields that questions about events share with the events themselves.

Not among the events: whoever answers would pay for building every event's schema at each cold start.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Country = Annotated[str, Field(pattern=r"^[A-Za-z]{2}$"), AfterValidator(str.upper)]
"""ISO 3166-1 alpha-2, by its shape alone: which codes are assigned changes."""
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e12)]


def no_card_number(value: str | None) -> str | None:
    """A card number must never get into the lake, whatever a sender puts in the field (PCI DSS 3.4)."""
    if value is not None and 12 <= len(value) <= 19 and value.isdigit():
        raise ValueError("looks like a card number; send the payment provider's token of the card")
    return value


class Traffic(BaseModel):
    """Statistics of a session's traffic; see the table `sessions` for what the numbers are."""

    model_config = ConfigDict(defer_build=True)

    requests: Amount | None = None
    duration_seconds: Amount | None = None
    mean_gap_seconds: Amount | None = None
    gap_std_seconds: Amount | None = None
    repeated: Share | None = None
    status_2xx: Share | None = None
    status_3xx: Share | None = None
    status_4xx: Share | None = None
    status_5xx: Share | None = None
    get: Share | None = None
    post: Share | None = None
    head: Share | None = None
    other_method: Share | None = None
    night: Share | None = None
    no_referrer: Share | None = None
    images: Share | None = None
    html: Share | None = None
    html_to_image: Amount | None = None
    html_to_css: Amount | None = None
    html_to_js: Amount | None = None
    width: Amount | None = None
    depth: Amount | None = None
    depth_std: Amount | None = None
    consecutive: Share | None = None
    bytes: Amount | None = None
    popularity: Amount | None = None
    referrer_switches: Share | None = None
    filetype_switches: Share | None = None
    max_barrage: Amount | None = None
    penalty: Amount | None = None
