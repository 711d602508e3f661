"""What the demo's report holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cli import score
from cli.charts.axes import Chart
from cli.charts.curves import cost_by_service, coverage, error_by_level, error_by_step
from cli.charts.fan import fan
from cli.demo.response import ResponseModel, Truth
from cli.mailbox import Mail
from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.result import CampaignResult, Effect
from commerce.evaluation import CANDIDATE, Evaluation
from commerce.families.demand import DemandForecast, DemandUnderPlan
from commerce.families.recommendations.answer import Recommendations
from commerce.families.stock.ranking import StockAction
from commerce.family import Family
from commerce.readiness import Readiness

if TYPE_CHECKING:
    from cli.report.decisions import FraudReport


@dataclass(frozen=True)
class Worth:
    """A customer worth keeping: `at_stake` = probability of leaving × what they spent in `VALUE_DAYS`."""

    customer_id: str
    probability: float
    spent: float
    reasons: list[str]

    @property
    def at_stake(self) -> float:
        """Money that leaves with the customer, in the shop's currency."""
        return self.probability * self.spent


VALUE_DAYS = 182
"""Half a year of spending stands for what a customer is worth; a lifetime-value family will say it better."""


@dataclass(frozen=True)
class Learnt:
    """A family's way through the retrain workflow. Without version and evaluation where the data was not ready."""

    family: Family
    ending: str
    reasons: list[str]
    seconds: float
    run_id: str
    version: str | None
    evaluation: Evaluation | None

    @property
    def released(self) -> bool:
        """Whether everybody's answers come from it."""
        return self.ending == "Released"


@dataclass(frozen=True)
class ChurnReport:
    """From the audit to scores over the API."""

    learnt: Learnt
    readiness: Readiness
    scored: int
    by_source: dict[str, int]
    worth_keeping: list[Worth]
    first_customer: str
    api_request: str
    api_answer: dict[str, Any]


@dataclass(frozen=True)
class Product:
    """A product as the catalogue has it; `about` tells it from others of its name, where anything does."""

    product_id: str
    name: str
    about: str = ""


@dataclass(frozen=True)
class Shelf:
    """One question to the API and its answer, by the names of a shop: for you, buy again, …"""

    title: str
    answer: Recommendations
    milliseconds: float

    @property
    def origin(self) -> str:
        """Who answered: the source, and the version where a model did."""
        return score.origin(self.answer.model_dump())


@dataclass(frozen=True)
class RecommendationsReport:
    """A household's last basket beside what the API shows it.

    `products` holds every product of basket and shelves by id; `first_milliseconds` is what the first call took, which
    starts the function. `orders` and `variety` (different products) are those of the last `recent_days`.
    """

    learnt: Learnt
    household: str
    recent_days: int
    orders: int
    variety: int
    basket_on: date
    basket: list[str]
    shelves: list[Shelf]
    products: dict[str, Product]
    first_milliseconds: float


@dataclass(frozen=True)
class StockReport:
    """The actions worth most, the first first, of `total`. Shelves and suppliers are simulated as `assumed` says."""

    learnt: Learnt
    assumed: str
    actions: list[StockAction]
    total: int

    @property
    def chart(self) -> Chart | None:
        """What each policy costs at the service it gives, where the hold-out was replayed."""
        if self.learnt.evaluation is None:
            return None
        found = {
            "ours" if name == CANDIDATE else name.replace("_", " "): [
                {"service": each["fill_rate"], "cost": each["cost"]}
            ]
            for name, each in self.learnt.evaluation.metrics.items()
            if {"fill_rate", "cost"} <= set(each)
        }
        return cost_by_service(found, "ours", "share of what demand was worth") if found else None


@dataclass(frozen=True)
class DemandReport:
    """One product's forecast with its `history` (first day of a week → units), and the same under a plan.

    `products` holds the product and those of the stock's actions by id. No stock where demand was not released.
    """

    learnt: Learnt
    product: str
    forecast: DemandForecast
    history: dict[date, float]
    planned: DemandUnderPlan
    stock: StockReport | None
    products: dict[str, Product]

    @property
    def name(self) -> str:
        """Of the product, with what tells it from others."""
        product = self.products[self.product]
        return f"{product.name}, {product.about}" if product.about else product.name

    @property
    def charts(self) -> list[Chart]:
        """The fan of the product; of the hold-out coverage and error by step and level, where it was judged."""
        found = [fan(self.name, self.history, self.forecast, self.forecast.locations[0].location_id)]
        evaluation = self.learnt.evaluation
        if evaluation is not None:
            unit = self.forecast.frequency
            curves = evaluation.curves
            found += [coverage(curves["coverage"]), error_by_step(curves["error_by_step"], unit)]
            found += [error_by_level(curves["error_by_level"])]
        return found


@dataclass(frozen=True)
class Comparison:
    """A measured effect beside the simulated truth."""

    effect: Effect
    truth: float

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth."""
        return self.effect.low <= self.truth <= self.effect.high


@dataclass(frozen=True)
class CampaignReport:
    """The win-back campaign. Replies are simulated by `model`; `truth` is what it did, `result` what was measured."""

    campaign: Campaign
    preview: AudienceFacts
    outbox: int
    letter: Mail
    model: ResponseModel
    truth: Truth
    result: CampaignResult
    seconds: float

    @property
    def comparisons(self) -> list[Comparison]:
        """The effect of every letter together, by metric."""
        found = [effect for effect in self.result.effects if effect.arm == "all"]
        return [Comparison(effect, getattr(self.truth, effect.metric)) for effect in found]


@dataclass(frozen=True)
class DemoReport:
    """Everything the demo saw, in the order it saw it. No campaign where no model was released."""

    shop: str
    as_of: date
    currency: str
    loaded: dict[str, int]
    load_seconds: float
    churn: ChurnReport
    recommendations: RecommendationsReport
    demand: DemandReport | None
    campaign: CampaignReport | None
    fraud: FraudReport | None
    cost: dict[str, Any]
    next_commands: list[tuple[str, str]]
    total_seconds: float
