"""Answers of a family with a route of its own: the released model's, else the route's plain one.

    outcome = ask(family, [Asked(id, question), …], AwsStorage(), parameters=parameters, now=now, failed=failed)
    outcome.answers    # one dict per question, in order, in the shape of `family.answer`, made of JSON's types

`Asked.id` names the answer (an exposure, a letter): all chance in it follows from the id. `question` is one of
`family.route.questions`, validated. `AwsStorage` is in `functions.common.asking_storage`; `parameters` is that of
`functions.common.settings`. A question with `remembers_shown` is answered without what such answers showed its visitor
lately, and remembered in turn. No failure of storage or model fails an answer: `failed(what, error)` is told of it,
where `what` is `model`, or one of `releases`, `profiles` and `actions`, which answers go without, or `memory`.
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
from commerce.shown import key as shown_key
from functions.common import shown
from functions.common.attempt import Failed, attempt
from functions.common.lately import Lately
from functions.common.releases import Pointer
from functions.common.shown import Memory

MOST_INSTANCES = 100
"""In one call of an endpoint: with their profiles, well below the 4 MB that a serverless one takes."""
MODEL = "model"
"""What `failed` is told of a call of the endpoint."""
MEMORY = "memory"
"""What it is told of an answer that could not be remembered."""


class Asked(NamedTuple):
    """A question, and the id of its answer."""

    id: str
    question: Question


class Version(NamedTuple):
    """A version of the model, and where its artifact is."""

    name: str
    artifact: str


class Storage(Protocol):
    """Where pointers, profiles, actions, memories and models are."""

    def pointer(self, family: str) -> Pointer | None:
        """The family's release pointer; None before its first release."""
        ...

    def profiles(self, family: str, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], dict[str, Any]]:
        """What the batch job published, by (entity, version), of those that there are."""
        ...

    def lately(self, keys: Iterable[tuple[str, str]]) -> Lately:
        """What visitors did and were shown lately, by the keys of `commerce.actions` and `commerce.shown`."""
        ...

    def remember(self, key: tuple[str, str], memory: Memory, forget: Sequence[str]) -> None:
        """Add what an answer showed under a key of `commerce.shown`, in place of the answers `forget`."""
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
    memories: list[Memory] = field(default_factory=list)
    """The visitor's own, which the answer will be added to."""
    shown: list[str] = field(default_factory=list)
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
            shown=self.shown,
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
    _learn(family, cases, storage, now, failed)
    calls = _ask_model(family, cases, storage, now, failed)
    lacking = [case for case in cases if case.answer is None]
    shops = _published(family, ((SHOP, case.version.name) for case in lacking if case.version), storage, failed)
    for case in lacking:
        shop = shops.get((SHOP, case.version.name)) if case.version else None
        profiles = [_profile(family.route, row, failed) for row in (case.profile, shop)]
        known = Known(case.actions, *profiles, shown=case.shown)
        plain = family.route.baseline(case.asked.question, known, now, parameters(family))
        case.answer = plain.model_dump(mode="json")
    for case in cases:
        _remember(family.route, case, storage, now, failed)
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


def _learn(family: Family, cases: list[_Case], storage: Storage, now: datetime, failed: Failed) -> None:
    """Give each case its customer's profile, and what the visitor did and was shown, as far as they can be read."""
    profiles = _published(family, (case.published for case in cases), storage, failed)
    visitors = (key for case in cases for key in (*_keys(case.asked.question), *_memory_keys(case.asked.question)))
    keys = list(dict.fromkeys(visitors))
    lately = (attempt(lambda: storage.lately(keys), "actions", failed) if keys else None) or Lately()
    for case in cases:
        if (published := case.published) is not None:
            case.profile = profiles.get(published)
        done = [action for key in _keys(case.asked.question) for action in lately.actions.get(key, ())]
        case.actions = sorted(done, key=lambda action: action.at)[-KEPT:]
        seen = [lately.shown.get(key, []) for key in _memory_keys(case.asked.question)]
        case.memories = seen[0] if seen else []
        case.shown = shown.latest((memory for memories in seen for memory in memories), now)


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


def _memory_keys(question: Question) -> Iterator[tuple[str, str]]:
    """Where it is what the visitor was shown: under both ids too. What they are shown now goes to the first."""
    if question.remembers_shown:
        yield from map(shown_key, _keys(question))


def _remember(route: Route, case: _Case, storage: Storage, now: datetime, failed: Failed) -> None:
    """Remember what the answer shows, where its question asks for that."""
    key = next(_memory_keys(case.asked.question), None)
    if key is None or route.shows is None or case.answer is None:
        return
    if products := [item.item_id for item in route.shows(case.answer)]:
        memory = Memory(int(now.timestamp()), case.asked.id, products)
        forget = shown.outdated([*case.memories, memory], now)
        attempt(lambda: storage.remember(key, memory, forget), MEMORY, failed)


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
