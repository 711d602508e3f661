"""Properties of the e-commerce events (source: https://segment.com/docs/connections/spec/ecommerce/v2/).

Every model keeps properties it does not name. Money is in `currency` (ISO 4217; the shop's own where it is absent).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Money = Annotated[float, Field(ge=-1e12, le=1e12)]
Quantity = Annotated[float, Field(ge=-1e9, le=1e9)]
Text = Annotated[str, Field(max_length=1024)]
ProductId = Annotated[str, Field(min_length=1, max_length=255)]
OrderId = Annotated[str, Field(min_length=1, max_length=255)]
Currency = Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]


class Properties(BaseModel):
    """Base: unknown properties stay; ids sent as numbers become text; NaN and infinity are refused."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, allow_inf_nan=False)


class ProductFields(Properties):
    """A product as events carry it."""

    sku: Text | None = None
    name: Text | None = None
    brand: Text | None = None
    category: Text | None = None
    variant: Text | None = None
    price: Money | None = None
    quantity: Quantity | None = None
    discount: Money | None = None
    coupon: Text | None = None
    currency: Currency | None = None
    position: int | None = None
    url: str | None = None
    image_url: str | None = None


class Product(ProductFields):
    """A product that must be identified."""

    product_id: ProductId


class ProductsSearched(Properties):
    query: Text


class ProductList(Properties):
    """Product List Viewed and Filtered."""

    list_id: Text | None = None
    category: Text | None = None
    products: list[Product] = Field(default_factory=list)


class Promotion(Properties):
    """Promotion Viewed and Clicked."""

    promotion_id: Text
    creative: Text | None = None
    name: Text | None = None
    position: Text | None = None


class Cart(Properties):
    """Cart Viewed and Shared."""

    cart_id: Text | None = None
    products: list[Product] = Field(default_factory=list)


class CheckoutStep(Properties):
    """Checkout Step Viewed, Completed, and Payment Info Entered."""

    checkout_id: Text | None = None
    order_id: Text | None = None
    step: int | None = None
    shipping_method: Text | None = None
    payment_method: Text | None = None


class OrderFields(Properties):
    """Amounts and lines of an order."""

    checkout_id: Text | None = None
    affiliation: Text | None = None
    subtotal: Money | None = None
    total: Money | None = None
    revenue: Money | None = None
    shipping: Money | None = None
    tax: Money | None = None
    discount: Money | None = None
    coupon: Text | None = None
    currency: Currency | None = None


class CheckoutStarted(OrderFields):
    order_id: Text | None = None
    products: list[Product] = Field(default_factory=list)


class Order(OrderFields):
    """Order Refunded and Cancelled: the lines may be left out for a whole order."""

    order_id: OrderId
    products: list[Product] = Field(default_factory=list)


class OrderWithLines(OrderFields):
    """Order Completed and Updated: an order without lines teaches nothing."""

    order_id: OrderId
    products: Annotated[list[Product], Field(min_length=1, max_length=2000)]


class Coupon(Properties):
    """Coupon Entered, Applied, Denied and Removed."""

    order_id: Text | None = None
    cart_id: Text | None = None
    coupon_id: Text | None = None
    coupon_name: Text | None = None
    discount: Money | None = None
    reason: Text | None = None


class ProductReviewed(Properties):
    product_id: ProductId
    review_id: Text | None = None
    rating: float | None = None
