"""The routes of families that decide on events: decisions, their reviews, and the rules."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from cli.api import http
from cli.environment import Environment
from commerce.assessments.answer import Assessed
from commerce.assessments.assessment import EventQuestion
from commerce.assessments.reviews import Review, Reviews, Verdict
from commerce.rules.book import LiveRules, NewRules, RuleBook, RulesAnswer, VersionAsked
from commerce.rules.effects import Simulation

Status = Literal["open", "done"]


def assess(environment: Environment, family: str, event: EventQuestion) -> Assessed:
    """`POST /v1/<family>:assess`."""
    body = event.model_dump(mode="json", exclude_unset=True)
    return Assessed.model_validate(http.post(environment, f"/v1/{http.segment(family)}:assess", body))


def reviews(
    environment: Environment, family: str, status: Status = "open", limit: int = 50, after: str | None = None
) -> Reviews:
    """A page of the queue, the oldest first; `after` is a page's `next`."""
    query = {"status": status, "limit": str(limit)} | ({} if after is None else {"next": after})
    return Reviews.model_validate(http.get(environment, f"{_path('reviews', family)}?{urlencode(query)}"))


def judge(environment: Environment, family: str, event_id: str, verdict: Verdict) -> Review:
    """Tell what an event turned out to be."""
    path = f"{_path('reviews', family)}/{http.segment(event_id)}"
    return Review.model_validate(http.post(environment, path, verdict))


def rules(environment: Environment, family: str) -> RulesAnswer:
    """The rules that are live, and what was saved after them."""
    return RulesAnswer.model_validate(http.get(environment, _path("rules", family)))


def save_rules(environment: Environment, family: str, new: NewRules) -> RuleBook:
    """Save a version; the same rules as the newest version's are that version."""
    return RuleBook.model_validate(http.call(environment, "PUT", _path("rules", family), new))


def simulate_rules(environment: Environment, family: str, version: int) -> Simulation:
    """What a version would have done to the history of the live model's run."""
    body = VersionAsked(version=version)
    return Simulation.model_validate(http.post(environment, f"{_path('rules', family)}/simulate", body))


def activate_rules(environment: Environment, family: str, version: int) -> LiveRules:
    """Make a version live; refused where it was not simulated."""
    body = VersionAsked(version=version)
    return LiveRules.model_validate(http.post(environment, f"{_path('rules', family)}/activate", body))


def _path(what: str, family: str) -> str:
    return f"/v1/{what}/{http.segment(family)}"
