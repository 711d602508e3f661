"""Saving rules when they can be read, trying a version on history, and making it live when it was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from commerce.rules.book import LiveRules, NewRules, RuleBook, RulesAnswer, RuleSummary, Trial
from commerce.rules.effects import PastEvent, Simulation
from commerce.rules.ruling import Rules, problems
from commerce.rules.simulation import simulate
from functions.common.http import ApiError

MOST_DRAFTS = 5
MOST_EVENTS = 20_000
MOST_QUESTIONS = 600_000
"""Events times rules of one simulation: about 6 seconds on one core, well within the 29 that API Gateway waits."""

Vocabulary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """A run's history: its first lines, as JSON."""

    run: str
    lines: Sequence[bytes]


class Storage(Protocol):
    """Where rules, releases and histories are."""

    def live(self, family: str) -> LiveRules | None:
        """The live version."""
        ...

    def book(self, family: str, version: int) -> RuleBook | None:
        """That version."""
        ...

    def newest(self, family: str) -> RuleBook | None:
        """The newest version."""
        ...

    def drafts(self, family: str, after: int, most: int) -> list[RuleBook]:
        """The newest versions above a number."""
        ...

    def versions(self, family: str) -> list[RuleSummary]:
        """Every version."""
        ...

    def save(self, family: str, make: Callable[[int], RuleBook]) -> RuleBook:
        """Keep the next version."""
        ...

    def tried(self, family: str, version: int, trial: Trial) -> None:
        """Note that a version was simulated."""
        ...

    def activate(self, book: RuleBook, before: LiveRules | None, now: datetime) -> LiveRules:
        """Make a version the live one."""
        ...

    def history(self, family: str, most: int) -> History | None:
        """Of the live release's run; None where none is released, no lines where the run has none."""
        ...


def shown(storage: Storage, family: str) -> RulesAnswer:
    """The live version and what was saved after it."""
    live = storage.live(family)
    drafts = storage.drafts(family, live.book.version if live else 0, MOST_DRAFTS)
    return RulesAnswer(family=family, live=live, drafts=drafts)


def save(storage: Storage, vocabulary: Vocabulary, family: str, new: NewRules, now: datetime) -> RuleBook:
    """Keep a new version; the same rules as the newest version's are none. Raises `ApiError` 422 with every problem."""
    if wrong := problems(new.rules, vocabulary):
        first = next(iter(wrong))
        others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        details = {"problems": [{"rule": id_, "message": message} for id_, message in wrong.items()]}
        raise ApiError(422, "invalid_rules", f"rule {first}: {wrong[first]}{others}", details=details)
    newest = storage.newest(family)
    if newest and newest.rules == new.rules:
        return newest

    def make(version: int) -> RuleBook:
        return RuleBook(
            family=family,
            version=version,
            author=new.author,
            comment=new.comment,
            created_at=now,
            rules=new.rules,
        )

    return storage.save(family, make)


def tried(storage: Storage, vocabulary: Vocabulary, family: str, version: int, now: datetime) -> Simulation:
    """What a version would have done. It may go live afterwards. Raises `ApiError` 404."""
    rules = Rules(found(storage, family, version).rules, vocabulary)
    most = min(MOST_EVENTS, MOST_QUESTIONS // max(len(rules.rules), 1))
    history = storage.history(family, most)
    lines, run = (history.lines, history.run) if history else ((), None)
    figures = simulate(rules, _events(lines))
    storage.tried(family, version, Trial(at=now, run=run, events=figures.events))
    return Simulation(
        family=family,
        version=version,
        run=run,
        unreadable=len(lines) - figures.events,
        note=_note(history, most),
        **dict(figures),
    )


def activate(storage: Storage, family: str, version: int, now: datetime) -> LiveRules:
    """Make a version live. Raises `ApiError` 404, or 409 where it was not simulated."""
    before = storage.live(family)
    book = found(storage, family, version)
    if book.trial is None:
        raise ApiError(409, "not_simulated", f"version {version} was not simulated: POST …/simulate shows what it does")
    return storage.activate(book, before, now)


def found(storage: Storage, family: str, version: int) -> RuleBook:
    """That version. Raises `ApiError` 404."""
    book = storage.book(family, version)
    if book is None:
        raise ApiError(404, "unknown_version", f"there is no version {version} of the rules of {family}")
    return book


def _events(lines: Sequence[bytes]) -> Iterator[PastEvent]:
    for line in lines:
        try:
            yield PastEvent.model_validate_json(line)
        except ValidationError:
            continue


def _note(history: History | None, most: int) -> str | None:
    if history is None:
        return "no version of the model is released yet, so there is no history to try rules on"
    if not history.lines:
        return "the run of the live version kept no history"
    if len(history.lines) == most:
        return f"the first {most} events of the history: more would take longer than an answer may"
    return None
