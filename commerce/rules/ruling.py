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
from commerce.conditions import Condition, ConditionError, part, prepared
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
        self._conditions = [_parsed(rule, vocabulary) for rule in self.rules]
        paths = dict.fromkeys(
            path for condition in self._conditions if condition is not None for path in condition.paths
        )
        self._samples = {path: _at(path, vocabulary) for path in paths}

    def __call__(self, values: Mapping[str, Any]) -> Ruling:
        """What the rules say of an event with these values. Raises nothing, whatever they are."""
        known = prepared(self._known(values))
        fired: list[Rule] = []
        unknown: list[str] = []
        for rule, condition in zip(self.rules, self._conditions, strict=True):
            holds = condition.holds(known) if condition is not None and known is not None else None
            if holds:
                fired.append(rule)
            elif holds is None:
                unknown.append(rule.id)
        told = [FiredRule(id=rule.id, outcome=rule.outcome, reason=rule.reason) for rule in fired]
        return Ruling(told, _strongest(fired), unknown)

    def _known(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the rules ask for, less what is not known: a value of another type than its sample is not."""
        known = part(self._samples, values)
        for path, sample in self._samples.items():
            holder = _at(path[:-1], known)
            if isinstance(holder, dict) and path[-1] in holder:
                value = _fitting(holder[path[-1]], sample)
                if value is None:
                    del holder[path[-1]]
                else:
                    holder[path[-1]] = value
        return known


def problems(rules: Iterable[Rule], vocabulary: Mapping[str, Any]) -> dict[str, str]:
    """Why rules cannot be read, by their ids, the disabled ones' too."""
    found = {}
    for rule in rules:
        try:
            Condition.parse(rule.when, vocabulary)
        except ConditionError as error:
            found[rule.id] = str(error)
    return found


def _parsed(rule: Rule, vocabulary: Mapping[str, Any]) -> Condition | None:
    try:
        return Condition.parse(rule.when, vocabulary)
    except ConditionError:
        return None


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
    if isinstance(value, str) and not _is_unicode(value):
        return None
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


def _is_unicode(text: str) -> bool:
    """JSON may escape half a surrogate pair, which is no text to CEL."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)
