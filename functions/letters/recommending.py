"""What fills `recommendations`: answers for many customers at once, of the family whose route says what letters ask.

No letter fails or waits for long for want of them: whatever goes wrong, the list is empty, and a model that does not
answer is not asked again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from commerce.campaigns.variables import RECOMMENDATIONS
from commerce.families import discover
from commerce.family import Family
from commerce.questions import LetterQuestion, Question
from functions.common.asking import MODEL, Asked, Storage, ask
from functions.common.attempt import Failed
from functions.letters.values import MAX_PRODUCTS

FAILURES = 3
"""So many calls of the model that failed in a row say that it is ill: nobody else's letter waits for it."""

Items = list[dict[str, Any]]


class Recommended(NamedTuple):
    """What was answered for a letter: by which family, to which question."""

    family: Family
    question: Question
    answer: dict[str, Any]

    @property
    def items(self) -> Items:
        """What `recommendations` are made of."""
        return self.answer.get("items") or []


def asked_by_letters() -> tuple[Family, LetterQuestion] | None:
    """The family that letters ask, and their question; None where there is no such family."""
    routes = ((family, family.route.letter) for family in discover().values() if family.route)
    return next(((family, letter) for family, letter in routes if letter), None)


@dataclass
class Recommender:
    """Asks for the letters of one pass. `failed` is told (what failed, why) of what letters go without."""

    storage: Storage
    parameters: Callable[[Family], BaseModel]
    now: Callable[[], datetime]
    failed: Failed
    _failures: int = 0

    def __call__(self, letters: Mapping[str, str]) -> dict[str, Recommended]:
        """Customer → the answer, where there is one. `letters` has each customer's letter id."""
        asked = asked_by_letters()
        if asked is None or self._failures >= FAILURES:
            return {}
        try:
            return self._answers(*asked, letters)
        except Exception as error:  # noqa: BLE001 - a letter without recommendations is better than none
            self.failed(RECOMMENDATIONS, error)
            return {}

    def _answers(self, family: Family, question: LetterQuestion, letters: Mapping[str, str]) -> dict[str, Recommended]:
        before = self._failures
        asked = [Asked(letter_id, question(customer, MAX_PRODUCTS)) for customer, letter_id in letters.items()]
        outcome = ask(family, asked, self.storage, parameters=self.parameters, now=self.now(), failed=self._without)
        if self._failures == before:
            self._failures = 0
        return {
            customer: Recommended(family, each.question, answer)
            for customer, each, answer in zip(letters, asked, outcome.answers, strict=True)
        }

    def _without(self, what: str, error: Exception) -> None:
        self._failures += what == MODEL
        self.failed(what, error)
