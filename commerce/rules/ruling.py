"""What rules say of an event. It needs the library of `commerce.conditions`, as what tries rules on history does.

Every enabled rule is asked. Of those that fire, the strongest outcome holds (block before review before approve), but a
rule that approves overrules every rule of lower priority: so a list of trusted customers stands above a rule about
amounts, and below one about stolen cards. At the same priority, the stronger outcome holds.

A value that is not known makes a rule unknown rather than false, unless the rest decides: such a rule does not fire
and is named. So it is with a rule that cannot be read any more, because a release took away what it asks for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commerce.assessments.answer import FiredRule
from commerce.assessments.decide import Verdict
from commerce.assessments.policy import OUTCOMES, Outcome
from commerce.conditions import Condition, ConditionError, part
from commerce.rules.book import Rule

_LONG = 2**63
"""CEL's whole numbers have 64 bits."""


@dataclass(frozen=True, slots=True)
class Ruling(Verdict):
    """The verdict, with the ids of the rules of which it cannot be said whether they hold."""

    unknown: Sequence[str] = ()


class Rules:
    """Enabled rules, ready to be asked, those of the highest priority first."""

    def __init__(self, rules: Iterable[Rule], vocabulary: Mapping[str, Any]) -> None:
        self.rules = sorted((rule for rule in rules if rule.enabled), key=lambda rule: -rule.priority)
        self._asked = [_Asked.of(rule, vocabulary) for rule in self.rules]

    def __call__(self, values: Mapping[str, Any]) -> Ruling:
        """What the rules say of an event with these values. Raises nothing, whatever they are."""
        fired: list[Rule] = []
        unknown: list[str] = []
        for rule, asked in zip(self.rules, self._asked, strict=True):
            holds = asked.holds(values) if asked else None
            if holds:
                fired.append(rule)
            elif holds is None:
                unknown.append(rule.id)
        told = [FiredRule(id=rule.id, outcome=rule.outcome, reason=rule.reason) for rule in fired]
        return Ruling(told, _strongest(fired), unknown)


def problems(rules: Iterable[Rule], vocabulary: Mapping[str, Any]) -> dict[str, str]:
    """Why rules cannot be read, by their ids, the disabled ones' too."""
    found = {}
    for rule in rules:
        try:
            Condition.parse(rule.when, vocabulary)
        except ConditionError as error:
            found[rule.id] = str(error)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule's condition, and samples of what it asks for."""

    condition: Condition
    samples: Mapping[tuple[str, ...], Any]

    @staticmethod
    def of(rule: Rule, vocabulary: Mapping[str, Any]) -> _Asked | None:
        try:
            condition = Condition.parse(rule.when, vocabulary)
        except ConditionError:
            return None
        return _Asked(condition, {path: _at(path, vocabulary) for path in condition.paths})

    def holds(self, values: Mapping[str, Any]) -> bool | None:
        """As `Condition.holds`; a value of another type than its sample is not known."""
        known = part(self.samples, values)
        for path, sample in self.samples.items():
            holder = _at(path[:-1], known)
            if isinstance(holder, dict) and path[-1] in holder:
                value = _fitting(holder[path[-1]], sample)
                if value is None:
                    del holder[path[-1]]
                else:
                    holder[path[-1]] = value
        return self.condition.holds(known)


def _strongest(fired: Sequence[Rule]) -> Outcome | None:
    approved = max((rule.priority for rule in fired if rule.outcome == "approve"), default=-math.inf)
    standing = {rule.outcome for rule in fired if rule.priority >= approved}
    return next((outcome for outcome in reversed(OUTCOMES) if outcome in standing), None)


def _at(path: Sequence[str], values: Mapping[str, Any]) -> Any:
    found: Any = values
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _fitting(value: Any, sample: Any) -> Any:
    """The value in its sample's type; None for one that is unknown, or of another type."""
    if isinstance(sample, bool) or not isinstance(sample, int | float):
        kind = Mapping if isinstance(sample, Mapping) else type(sample)
        return value if isinstance(value, kind) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(sample, int):
        return int(value) if -_LONG <= value < _LONG and value == int(value) else None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
