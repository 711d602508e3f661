"""Answers of a family with a route of its own: the released model's, else the route's plain one.

    outcome = ask(family, [Asked(id, question), …], AwsStorage(), parameters=parameters, now=now, failed=failed)
    outcome.answers    # one dict per question, in order, in the shape of `family.answer`, made of JSON's types

`Asked.id` names the answer (an exposure, a letter): all chance in it follows from the id. `question` is one of
`family.route.questions`, validated. `AwsStorage` is in `functions.common.asking_storage`; `parameters` is that of
`functions.common.settings`. No failure of storage or model fails an answer: `failed(what, error)` is told of it, where
`what` is `model`, or one of `releases`, `profiles` and `actions`, which answers go without.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import batched
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from commerce.actions import KEPT, Action, customer_key, visitor_key
from commerce.family import Family
from commerce.questions import SHOP, Instance, Known, Question, Route
from commerce.release import arm
from functions.common.attempt import Failed, attempt
from functions.common.releases import Pointer

MOST_INSTANCES = 100
"""In one call of an endpoint: with their profiles, well below the 4 MB that a serverless one takes."""
MODEL = "model"
"""What `failed` is told of a call of the endpoint."""


class Asked(NamedTuple):
    """A question, and the id of its answer."""

    id: str
    question: Question


class Version(NamedTuple):
    """A version of the model, and where its artifact is."""

    name: str
    artifact: str


class Storage(Protocol):
    """Where pointers, profiles, actions and models are."""

    def pointer(self, family: str) -> Pointer | None:
        """The family's release pointer; None before its first release."""
        ...

    def profiles(self, family: str, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], dict[str, Any]]:
        """What the batch job published, by (entity, version), of those that there are."""
        ...

    def actions(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], list[Action]]:
        """Latest actions, oldest first, by the keys of `commerce.actions`."""
        ...

    def respond(self, family: Family, version: Version, instances: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The version's answers, one per instance, in the shape of the family's spec."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers in the order asked; calls of the model, failed ones included; answers of the baseline."""

    answers: list[dict[str, Any]]
    calls: int
    baselines: int


@dataclass(slots=True)
class _Case:
    """One question, and what is known of whoever asks."""

    asked: Asked
    version: Version | None
    actions: list[Action] = field(default_factory=list)
    profile: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None

    @property
    def published(self) -> tuple[str, str] | None:
        """(entity, version) of the customer's profile."""
        customer = self.asked.question.customer_id
        return (customer, self.version.name) if customer and self.version else None

    def instance(self, now: datetime) -> dict[str, Any]:
        return Instance(
            question=self.asked.question.model_dump(mode="json", exclude_unset=True),
            as_of=now.date(),
            profile=self.profile,
            actions=self.actions,
            seed=seed(self.asked.id),
        ).model_dump(mode="json")


def ask(
    family: Family,
    asked: Sequence[Asked],
    storage: Storage,
    *,
    parameters: Callable[[Family], BaseModel],
    now: datetime,
    failed: Failed,
) -> Outcome:
    """One answer per question: the model's of the visitor's arm, else the baseline's. `now` is in UTC."""
    if family.route is None:
        raise ValueError(f"family {family.name} has no route of its own: the score routes answer of it")
    pointer = attempt(lambda: storage.pointer(family.name), "releases", failed)
    cases = [_Case(each, _version(pointer, each.question.visitor)) for each in asked]
    _learn(family, cases, storage, failed)
    calls = _ask_model(family, cases, storage, now, failed)
    lacking = [case for case in cases if case.answer is None]
    shops = _published(family, ((SHOP, case.version.name) for case in lacking if case.version), storage, failed)
    for case in lacking:
        shop = shops.get((SHOP, case.version.name)) if case.version else None
        known = Known(case.actions, _profile(family.route, case.profile, failed), _profile(family.route, shop, failed))
        plain = family.route.baseline(case.asked.question, known, now, parameters(family))
        case.answer = plain.model_dump(mode="json")
    return Outcome([case.answer for case in cases if case.answer is not None], calls, len(lacking))


def seed(id_: str) -> int:
    """A number below 2**32 that follows from an answer's id alone."""
    return int.from_bytes(hashlib.sha256(id_.encode()).digest()[:4], "big")


def _version(pointer: Pointer | None, visitor: str | None) -> Version | None:
    """That of the visitor's arm; the champion for nobody in particular."""
    if pointer is None:
        return None
    name = pointer.release.champion if visitor is None else arm(pointer.release, visitor)
    return None if name is None else Version(name, pointer.artifacts.get(name, ""))


def _learn(family: Family, cases: list[_Case], storage: Storage, failed: Failed) -> None:
    """Give each case its customer's profile and the visitor's actions, as far as they can be read."""
    profiles = _published(family, (case.published for case in cases), storage, failed)
    keys = dict.fromkeys(key for case in cases for key in _keys(case.asked.question))
    actions: Mapping[tuple[str, str], list[Action]] = {}
    if keys:
        actions = attempt(lambda: storage.actions(list(keys)), "actions", failed) or {}
    for case in cases:
        if (published := case.published) is not None:
            case.profile = profiles.get(published)
        done = [action for key in _keys(case.asked.question) for action in actions.get(key, ())]
        case.actions = sorted(done, key=lambda action: action.at)[-KEPT:]


def _published(
    family: Family, wanted: Iterable[tuple[str, str] | None], storage: Storage, failed: Failed
) -> Mapping[tuple[str, str], dict[str, Any]]:
    keys = list(dict.fromkeys(key for key in wanted if key is not None))
    return (attempt(lambda: storage.profiles(family.name, keys), "profiles", failed) or {}) if keys else {}


def _keys(question: Question) -> Iterator[tuple[str, str]]:
    """A visitor who logged in did things under both ids."""
    if question.customer_id:
        yield customer_key(question.customer_id)
    if question.anonymous_id:
        yield visitor_key(question.anonymous_id)


def _ask_model(family: Family, cases: list[_Case], storage: Storage, now: datetime, failed: Failed) -> int:
    """Give the cases their version's answers; those of a call that fails stay without. How many calls that took."""
    arms: dict[Version, list[_Case]] = defaultdict(list)
    for case in cases:
        if case.version is not None:
            arms[case.version].append(case)
    calls = 0
    for version, members in arms.items():
        for group in batched(members, MOST_INSTANCES):
            calls += 1
            instances = [case.instance(now) for case in group]
            answers = attempt(partial(storage.respond, family, version, instances), MODEL, failed)
            for case, answer in zip(group, answers or [], strict=False):
                case.answer = answer
    return calls


def _profile(route: Route, row: dict[str, Any] | None, failed: Failed) -> BaseModel | None:
    return None if row is None else attempt(lambda: route.profile.model_validate(row), "profiles", failed)
