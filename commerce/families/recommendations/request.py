"""What can be asked, and what the merchant may say about how it is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commerce.actions import Kind
from commerce.questions import Question
from commerce.shown import HOURS, KEPT

ProductId = Annotated[str, Field(min_length=1, max_length=255)]
Products = Annotated[list[ProductId], Field(max_length=200)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(min_length=1, max_length=50)]
Level = Literal["brand", "department", "category", "subcategory"]


class Filters(BaseModel):
    """Which products may be shown at all. Lists hold alternatives; different filters must all hold.

    A product of which the shop does not know what a filter asks for is left out.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    in_stock: bool = Field(default=False, description="only products whose last stock count was above zero")
    markets: Names | None = Field(default=None, description="values of the product's attribute `market`")
    brands: Names | None = None
    departments: Names | None = None
    categories: Names | None = None
    subcategories: Names | None = None
    min_price: Annotated[float, Field(ge=0)] | None = Field(default=None, description="in the shop's currency")
    max_price: Annotated[float, Field(ge=0)] | None = Field(default=None, description="in the shop's currency")
    attributes: Annotated[dict[str, Names], Field(max_length=20)] = Field(
        default_factory=dict, description="any attribute of products → accepted values"
    )

    @model_validator(mode="after")
    def _prices_in_order(self) -> Self:
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise ValueError("min_price must not exceed max_price")
        return self


class Controls(BaseModel):
    """What the merchant decides over the model. Filters and `exclude` come first, then pins, then the rest by score."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    pin: Products = Field(default_factory=list, description="shown first, in this order")
    exclude: Products = Field(default_factory=list, description="never shown")
    shown: Products = Field(default_factory=list, description="shown before, such as on the page above; not again")
    bury: Products = Field(default_factory=list, description="shown only where nothing else is left")
    boost: Annotated[dict[ProductId, Annotated[float, Field(gt=0, le=100)]], Field(max_length=200)] = Field(
        default_factory=dict, description="product → factor on its score; above 1 boosts, below 1 lowers"
    )
    caps: dict[Level, Annotated[int, Field(ge=1, le=50)]] = Field(
        default_factory=dict, description="most products of one brand, category, …"
    )
    diversity: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="how much a product loses for resembling those before it"
    )
    margin_weight: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="0 ranks by the model alone, 1 by margin (price less cost) alone"
    )
    exclude_bought: bool = Field(default=False, description="leave out what the customer bought before")
    exclude_shown: bool = Field(
        default=False,
        description=f"leave out what answers with exclude_shown showed this visitor in the last {HOURS} hours, the "
        f"newest {KEPT} products; this answer is remembered too",
    )
    explore: Annotated[float, Field(ge=0, le=0.5)] = Field(
        default=0.0, description="share of the places given by chance among good candidates; propensities are recorded"
    )


def _example(**body: Any) -> ConfigDict:
    """Documents a question by one that can be asked."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Asked(Question):
    """What every question may say."""

    limit: Annotated[int, Field(ge=1, le=50)] = Field(default=10, description="products wanted")
    filters: Filters = Filters()
    controls: Controls = Controls()

    @property
    def remembers_shown(self) -> bool:
        """Whether the answer leaves out what the visitor was shown lately."""
        return self.controls.exclude_shown

    @model_validator(mode="after")
    def _somebody_was_shown(self) -> Self:
        if self.controls.exclude_shown and self.visitor is None:
            raise ValueError("give customer_id or anonymous_id: exclude_shown leaves out what that visitor was shown")
        return self


class _OfVisitor(Asked):
    @model_validator(mode="after")
    def _somebody_asks(self) -> Self:
        if self.visitor is None:
            raise ValueError("give customer_id or anonymous_id")
        return self


class ForYou(_OfVisitor):
    """For a home page or a letter: what the customer is likely to buy next, new products and old ones."""

    model_config = _example(question="for_you", customer_id="1042", limit=6, filters={"in_stock": True})

    question: Literal["for_you"]


class RecentAction(BaseModel):
    """An action of the running session that the caller knows of."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = "viewed"
    product_id: ProductId


class Next(Asked):
    """The next product in the running session, also of a visitor whom nobody knows.

    The session is the visitor's latest actions as events told them; `recent`, oldest first, stands in for it.
    """

    model_config = _example(question="next", anonymous_id="v-81f3", recent=[{"kind": "viewed", "product_id": "839"}])

    question: Literal["next"]
    recent: Annotated[list[RecentAction], Field(max_length=50)] = Field(default_factory=list)
    again: bool = Field(default=False, description="whether products of the session itself may be shown")

    @model_validator(mode="after")
    def _a_session(self) -> Self:
        if self.visitor is None and not self.recent:
            raise ValueError("give customer_id or anonymous_id, or the session itself in recent")
        return self


class _OfProduct(Asked):
    product_id: ProductId


class AlsoBought(_OfProduct):
    """What customers bought together with this product."""

    model_config = _example(question="also_bought", product_id="839", limit=4)

    question: Literal["also_bought"]


class AlsoViewed(_OfProduct):
    """What visitors looked at together with this product."""

    model_config = _example(question="also_viewed", product_id="839", limit=4)

    question: Literal["also_viewed"]


class Similar(_OfProduct):
    """Products like this one by what they are, those that nobody bought yet included."""

    model_config = _example(question="similar", product_id="839", filters={"max_price": 20.0})

    question: Literal["similar"]


class Bundles(Asked):
    """What completes a cart: bought with what is in it beyond chance, without what would replace it."""

    model_config = _example(question="bundles", cart=["839", "1175"], limit=3)

    question: Literal["bundles"]
    cart: Annotated[list[ProductId], Field(min_length=1, max_length=200)]


class BuyAgain(Asked):
    """What the customer bought before and is due to buy again, with the day it is due."""

    model_config = _example(question="buy_again", customer_id="1042")

    question: Literal["buy_again"]

    @model_validator(mode="after")
    def _a_customer(self) -> Self:
        if self.customer_id is None:
            raise ValueError("give customer_id: only of customers is it known what they bought")
        return self


class Trending(Asked):
    """What sells more now than it used to."""

    model_config = _example(question="trending", limit=12, controls={"caps": {"brand": 2}})

    question: Literal["trending"]


class Rerank(_OfVisitor):
    """These products, in the order that suits the customer."""

    model_config = _example(question="rerank", customer_id="1042", products=["839", "1175", "77"], limit=3)

    question: Literal["rerank"]
    products: Annotated[list[ProductId], Field(min_length=1, max_length=200)]


QUESTIONS: tuple[type[Asked], ...] = (
    ForYou,
    Next,
    AlsoBought,
    AlsoViewed,
    Similar,
    Bundles,
    BuyAgain,
    Trending,
    Rerank,
)
