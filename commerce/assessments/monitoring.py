"""What the monitor reports of a family that decides on events.

Decisions are dated by the event that they are about. A decision is mature once the label delay has passed: what nobody
complained of by then is taken to be legitimate, but for what was blocked. Nobody ever tells what a blocked event would
have been, so those without a verdict are `unknown` and left out wherever an outcome is needed.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.evaluation import Interval
from commerce.monitoring import Monitoring

Level = Literal["none", "moderate", "major"]
Compared = Literal["decisions", "events"]
_CONFIG = ConfigDict(defer_build=True, allow_inf_nan=False)


class Volume(BaseModel):
    """What was decided about the events of a day, UTC. Amounts are in the shop's currency."""

    model_config = _CONFIG

    day: date
    decisions: int
    approved: int
    reviewed: int
    blocked: int
    by_model: int
    by_cold_start: int = Field(description="an anomaly score, as too few labels were known")
    by_rules: int = Field(description="the rules alone")
    amount: float = Field(description="at stake in all of them")
    amount_reviewed: float
    amount_blocked: float


class Estimate(BaseModel):
    """A share, and its interval by the bootstrap over days where there are several."""

    model_config = _CONFIG

    value: float
    interval: Interval | None = None


class AtCapacity(BaseModel):
    """Were each day's most probable events reviewed, as many as people can do: all days together.

    `promised` is what the probabilities themselves say would be found.
    """

    model_config = _CONFIG

    per_day: int = Field(description="reviews that people can do in a day")
    days: int
    chosen: int = Field(description="events that would be reviewed, on all days")
    precision: Estimate = Field(description="share of frauds among them")
    recall: Estimate | None = Field(description="share of all frauds that are among them; null without a fraud")
    promised_frauds: float = Field(description="among them, expected by the probabilities")
    promised_precision: float
    promised_recall: float | None


class Bin(BaseModel):
    """A group of events of similar probability."""

    model_config = _CONFIG

    predicted: float = Field(description="mean probability")
    observed: float = Field(description="share of frauds")
    rows: int


class Performance(BaseModel):
    """How right mature decisions were. What cannot be told from the data is null."""

    model_config = _CONFIG

    version: str | None = Field(default=None, description="of the model; null: all decisions, those of rules too")
    decisions: int
    unknown: int = Field(description="blocked, and nobody said what they were: left out of all below")
    unknown_amount: float
    frauds: int = Field(description="known, on whichever decision")
    stopped: int = Field(description="reviewed or blocked, with a known outcome")
    precision: float | None = Field(description="share of frauds among what was stopped")
    recall: float | None = Field(description="share of frauds that were stopped")
    recall_by_amount: float | None = Field(description="share of the frauds' amounts that was stopped")
    at_capacity: AtCapacity | None = Field(description="null where no decision has a probability")
    expected_frauds: float | None = Field(description="by the probabilities, of decisions that have one")
    observed_frauds: int | None = Field(description="of the same decisions")
    auc: float | None = Field(description="null unless frauds and others occur")
    ap: float | None = Field(description="average precision; likewise")
    calibration: list[Bin] = Field(default_factory=list)


class Losses(BaseModel):
    """What mature decisions came to, in the shop's currency, at its parameters; `commerce.assessments.policy` counts.

    Without a decision every fraud known would have been let through.
    """

    model_config = _CONFIG

    good_reviewed: int
    good_reviewed_cost: float = Field(description="of reviewing them")
    good_blocked: int = Field(description="as a verdict says")
    good_blocked_cost: float = Field(description="margin and goodwill lost")
    false_positive_cost: float = Field(description="of both")
    frauds_reviewed_cost: float = Field(description="of reviewing frauds: the price of finding them")
    lost: float = Field(description="frauds let through, and those that reviews miss")
    averted: float = Field(description="losses of frauds that were stopped, as far as reviews find them")
    saved: float = Field(description="averted, less what all reviews and good customers turned away cost")


class Shift(BaseModel):
    """How a variable's distribution changed."""

    model_config = _CONFIG

    name: str
    psi: float = Field(ge=0, description="population stability index")
    noise: float = Field(ge=0, description="what it stays below without any change, at as many rows and comparisons")
    level: Level = Field(description="moderate from 0.1 and major from 0.25, if beyond the noise")
    before: str = Field(description="its mean in the reference, in words")
    now: str = Field(description="its mean lately, in words")
    missing_before: float = Field(ge=0, le=1, description="share without a value")
    missing_now: float = Field(ge=0, le=1)


class Drift(BaseModel):
    """The latest days beside those before them."""

    model_config = _CONFIG

    recent_days: int
    reference_days: int
    recent: int = Field(description="decisions that were compared")
    reference: int
    reference_of: Compared = Field(
        default="decisions", description="what the reference is: all events, where too few had been decided on"
    )
    score: Shift | None = Field(description="of the probability; null where too few decisions have one")
    compared: int = Field(description="features")
    major: int = Field(description="features that changed much")
    features: list[Shift] = Field(description="those that changed most, the most first")


class AssessmentMonitoring(Monitoring):
    """Answer of `GET /v1/monitoring/{family}` for a family that decides on events."""

    model_config = _CONFIG

    event_type: str
    label_delay_days: int
    mature_from: date = Field(description="first day whose decisions are judged")
    mature_until: date = Field(description="last one")
    volumes: list[Volume] = Field(description="by day, without gaps")
    performance: Performance | None = Field(description="null where no decision is mature")
    versions: list[Performance] = Field(default_factory=list, description="by version of the model, side by side")
    losses: Losses | None = Field(description="likewise")
    drift: Drift | None = Field(description="null where there is too little to compare")
