"""Which answer each customer gets of each family, whatever fails behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from pydantic import BaseModel

from commerce.counters import CustomerState
from commerce.family import Family
from commerce.release import arm
from commerce.scores import BatchGetResponse, CustomerScores
from functions.common.attempt import Failed, attempt
from functions.common.releases import Pointer

Answers = dict[tuple[str, str], dict[str, Any]]
"""(family, customer) → answer of the model."""


class Storage(Protocol):
    """Where pointers, rows, models and counters are."""

    def pointers(self, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Release pointers of the families that have one."""
        ...

    def rows(self, wanted: list[tuple[str, str, str]]) -> Answers:
        """Stored answers by (family, customer, version)."""
        ...

    def infer(self, family: Family, version: str, artifact: str, customers: list[str]) -> Answers:
        """Answers of the family's endpoint by that version."""
        ...

    def states(self, customers: Iterable[str]) -> Mapping[str, CustomerState]:
        """Counters of the customers that have any."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The answers, and how many of them the baseline had to give."""

    results: list[CustomerScores]
    baselines: int

    def body(self, *, batch: bool) -> BaseModel:
        """In the shape of the route."""
        return BatchGetResponse(results=self.results) if batch else self.results[0]


def score(
    storage: Storage,
    customers: list[str],
    families: list[Family],
    *,
    parameters: Callable[[Family], BaseModel],
    now: datetime,
    failed: Failed,
) -> Scored:
    """Every customer's answer of every family: the model's of the customer's arm, else the baseline's.

    No failure of storage or model fails the answer; `failed` is told of it (what failed, why).
    """
    versions = _versions(storage, customers, families, failed)
    answers = _models(storage, families, versions, failed)
    lacking = list(dict.fromkeys(c for c in customers for f in families if (f.name, c) not in answers))
    states: Mapping[str, CustomerState] = {}
    if lacking:
        states = attempt(lambda: storage.states(lacking), "counters", failed) or {}
    results: list[CustomerScores] = []
    for customer in customers:
        scores = {}
        for family in families:
            answer = answers.get((family.name, customer))
            if answer is None:
                answer = _plain(family, states.get(customer), parameters(family), now)
            scores[family.name] = answer
        results.append(CustomerScores(customer_id=customer, generated_at=now, scores=scores))
    return Scored(results, len(customers) * len(families) - len(answers))


def _versions(
    storage: Storage, customers: list[str], families: list[Family], failed: Failed
) -> dict[tuple[str, str], tuple[str, str]]:
    """(family, customer) → (version, artifact) of the customer's arm."""
    pointers = attempt(lambda: storage.pointers([f.name for f in families]), "releases", failed) or {}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for name, pointer in pointers.items():
        for customer in customers:
            version = arm(pointer.release, customer)
            if version is not None:
                found[name, customer] = (version, pointer.artifacts.get(version, ""))
    return found


def _models(
    storage: Storage,
    families: list[Family],
    versions: dict[tuple[str, str], tuple[str, str]],
    failed: Failed,
) -> Answers:
    stored = {family.name for family in families if family.mode == "table"}
    wanted = [(name, customer, v) for (name, customer), (v, _) in versions.items() if name in stored]
    answers: Answers = {}
    if wanted:
        answers |= attempt(lambda: storage.rows(wanted), "scores", failed) or {}
    for family in families:
        if family.mode == "endpoint":
            for (version, artifact), members in _arms(family, versions).items():
                ask = partial(storage.infer, family, version, artifact, members)
                answers |= attempt(ask, family.name, failed) or {}
    return answers


def _arms(family: Family, versions: dict[tuple[str, str], tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """(version, artifact) → the customers that see it."""
    arms: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (name, customer), version in versions.items():
        if name == family.name:
            arms[version].append(customer)
    return arms


def _plain(family: Family, state: CustomerState | None, parameters: BaseModel, now: datetime) -> dict[str, Any]:
    if family.baseline is None:
        raise ValueError(f"family {family.name} answers on a route of its own, not on the score routes")
    return family.baseline(state, now, parameters).model_dump(mode="json")
