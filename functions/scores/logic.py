"""Which answer each customer or product gets of each family, whatever fails behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from pydantic import BaseModel

from commerce.family import Entity, Family, State
from commerce.release import arm
from functions.common.attempt import Failed, attempt
from functions.common.releases import Pointer

Answers = dict[tuple[str, str], dict[str, Any]]
"""(family, entity's id) → answer of the model."""
ByEntity = dict[str, dict[str, dict[str, Any]]]
"""Entity's id → family → answer."""


class Storage(Protocol):
    """Where pointers, rows, models and counters are."""

    def pointers(self, families: Iterable[str]) -> Mapping[str, Pointer]:
        """Release pointers of the families that have one."""
        ...

    def rows(self, wanted: list[tuple[str, str, str]]) -> Answers:
        """Stored answers by (family, entity's id, version)."""
        ...

    def infer(self, family: Family, version: str, artifact: str, ids: list[str]) -> Answers:
        """Answers of the family's endpoint by that version."""
        ...

    def states(self, entity: Entity, ids: Iterable[str]) -> Mapping[str, State]:
        """Counters of the customers, or of the products, that have any."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The answers, and how many of them the baseline had to give."""

    answers: ByEntity
    baselines: int


def score(
    storage: Storage,
    ids: list[str],
    families: list[Family],
    *,
    parameters: Callable[[Family], BaseModel],
    now: datetime,
    failed: Failed,
) -> Scored:
    """Every entity's answer of every family: the model's of the entity's arm, else the baseline's.

    The families are all of customers, or all of products. No failure of storage or model fails the answer; `failed` is
    told of it (what failed, why).
    """
    versions = _versions(storage, ids, families, failed)
    answers = _models(storage, families, versions, failed)
    states = _states(storage, ids, families, answers, failed)
    found: ByEntity = {id_: {} for id_ in ids}
    for id_, by_family in found.items():
        for family in families:
            answer = answers.get((family.name, id_))
            if answer is None:
                answer = family.plain(states.get(id_), now, parameters(family)).model_dump(mode="json")
            by_family[family.name] = answer
    return Scored(found, len(ids) * len(families) - len(answers))


def _versions(
    storage: Storage, ids: list[str], families: list[Family], failed: Failed
) -> dict[tuple[str, str], tuple[str, str]]:
    """(family, entity's id) → (version, artifact) of the entity's arm."""
    pointers = attempt(lambda: storage.pointers([f.name for f in families]), "releases", failed) or {}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for family in families:
        pointer = pointers.get(family.name)
        if pointer is None:
            continue
        for id_ in ids:
            version = arm(pointer.release, id_)
            if version is not None:
                found[family.name, id_] = (version, pointer.artifacts.get(version, ""))
    return found


def _models(
    storage: Storage,
    families: list[Family],
    versions: dict[tuple[str, str], tuple[str, str]],
    failed: Failed,
) -> Answers:
    stored = {family.name for family in families if family.mode == "table"}
    wanted = [(name, id_, v) for (name, id_), (v, _) in versions.items() if name in stored]
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
    """(version, artifact) → the entities that see it."""
    arms: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (name, id_), version in versions.items():
        if name == family.name:
            arms[version].append(id_)
    return arms


def _states(
    storage: Storage, ids: list[str], families: list[Family], answers: Answers, failed: Failed
) -> Mapping[str, State]:
    """Counters of those of whom a model says nothing."""
    lacking = [id_ for id_ in ids if any((family.name, id_) not in answers for family in families)]
    if not lacking:
        return {}
    return attempt(lambda: storage.states(families[0].entity, lacking), "counters", failed) or {}
