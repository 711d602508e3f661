"""One spec per model family: what it reads, what it answers, how it is served, when it retrains, what it must reach.

Everything outside `training/<name>/` learns of a family from its spec alone: stacks, API, workflow, audit and command
line loop over `commerce.families.discover()`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from commerce.assessments.assessment import Assessment
from commerce.counters import CustomerState
from commerce.evaluation import Gate
from commerce.questions import Route
from commerce.rankings import Ranking
from commerce.readiness import Requirement
from commerce.runs import Run
from commerce.sales import ProductState
from commerce.scores import Score
from commerce.verbs import Verb

if TYPE_CHECKING:
    from commerce.monitoring import Monitoring

CustomerBaseline = Callable[[CustomerState | None, datetime, BaseModel], Score]
ProductBaseline = Callable[[ProductState | None, datetime, BaseModel], Score]
Baseline = CustomerBaseline | ProductBaseline
"""(counters of the entity or None, now, the shop's parameters) → the plain answer when there is no model's."""
State = CustomerState | ProductState
Entity = Literal["customer", "product", "event"]

Requirements = Callable[[BaseModel], tuple[Requirement, ...]]
"""(the shop's parameters) → what the family needs of the lake before it can learn."""


class Resources(BaseModel):
    """What a family's jobs run on in SageMaker; a shop's settings may override it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    processing_instance: str = "ml.m5.large"
    training_instance: str = "ml.m5.large"
    volume_gb: int = Field(default=30, ge=5, le=1000)
    max_runtime_seconds: int = Field(default=3600, ge=60, le=86400)


class Family(BaseModel):
    """The spec. `name` is also the folder's name below `training/`."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, defer_build=True)

    name: str
    title: str
    question: str = Field(description="the question it answers, in one sentence")
    entity: Entity = "customer"
    mode: Literal["table", "endpoint", "function"] = Field(
        description="where answers come from: rows of the score table, a SageMaker endpoint, or the released version "
        "read by the function that answers"
    )
    parameters: type[BaseModel] = Field(description="the shop's settings for the family, all with defaults")
    answer: type[Score]
    baseline: Baseline | None = Field(default=None, description="of families whose answers are read by their entity")
    route: Route | None = Field(default=None, description="of families that answer questions of their own")
    assessment: Assessment | None = Field(default=None, description="of families that decide on events as they happen")
    collection: str | None = Field(
        default=None,
        pattern=r"^[a-z]+(-[a-z]+)*$",
        description="of families of products: `GET /v1/<collection>/{product}` reads their answers",
    )
    verbs: tuple[Verb, ...] = Field(default=(), description="what may be asked of a product beside its answer")
    upstream: tuple[str, ...] = Field(
        default=(), description="families whose released answers it learns from and answers by, besides the lake"
    )
    ranking: Ranking | None = Field(
        default=None, description="a list over all answers: `GET /v1/<collection>/<path>` reads it"
    )
    confidential: bool = Field(
        default=False, description="whether its answers are for the shop alone: no letter to the customer may name them"
    )
    requirements: Requirements
    gates: tuple[Gate, ...]
    primary_metric: str
    schedule: str = Field(default="cron(0 3 ? * MON *)", description="EventBridge Scheduler expression, UTC")
    resources: Resources = Field(default_factory=Resources)

    @field_validator("name")
    @classmethod
    def _name_fits_job_names(cls, value: str) -> str:
        return Run(value, "").family

    @model_validator(mode="after")
    def _answers_one_way(self) -> Self:
        if sum(way is not None for way in (self.baseline, self.route, self.assessment)) != 1:
            raise ValueError(f"family {self.name} needs a baseline, a route of its own or an assessment, one of them")
        if (self.assessment is not None) != (self.mode == "function") or (self.mode == "function") != (
            self.entity == "event"
        ):
            raise ValueError(f"family {self.name}: what is assessed are events, by a function, and nothing else is")
        if self.route is not None and self.mode != "endpoint":
            raise ValueError(f"family {self.name} has a route of its own, which only an endpoint can answer")
        if (self.collection is not None) != (self.entity == "product"):
            raise ValueError(
                f"family {self.name}: a collection is where answers about products are read, and only they"
            )
        if self.verbs and self.collection is None:
            raise ValueError(f"family {self.name}: verbs are asked of products in a collection, which it lacks")
        if self.ranking is not None and (self.collection is None or self.mode != "table"):
            raise ValueError(f"family {self.name}: a list is of answers about products that a batch job writes")
        return self

    @property
    def scored(self) -> bool:
        """Whether the score routes answer of customers."""
        return self.entity == "customer" and self.route is None

    def plain(self, state: State | None, now: datetime, parameters: BaseModel) -> Score:
        """The baseline's answer from what is counted of the entity. ValueError where the family has a route instead."""
        if self.baseline is None:
            raise ValueError(f"family {self.name} answers on a route of its own, and is not read by {self.entity}")
        # A family's baseline takes the counters of its own entity, which a union of callables cannot say.
        return cast(Callable[[State | None, datetime, BaseModel], Score], self.baseline)(state, now, parameters)

    @property
    def monitoring(self) -> type[Monitoring] | None:
        """What the monitor reports of the family; None where there is nothing to monitor yet."""
        if self.assessment is None:
            return None
        # A report's shape is not paid for by the cold starts of functions that answer.
        from commerce.assessments.monitoring import AssessmentMonitoring

        return AssessmentMonitoring

    @property
    def publishes(self) -> bool:
        """Whether a batch job writes something per entity: the answers of a table, or profiles for an endpoint."""
        return self.mode == "table" or self.route is not None

    def reads(self, parameters: BaseModel) -> tuple[str, ...]:
        """Lake tables it learns from under these parameters."""
        return tuple(dict.fromkeys(r.table for r in self.requirements(parameters)))
