"""The online form: values of every declared feature for one event, from the states of its entities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from commerce.streams.declaration import Features, Streams
from commerce.streams.observation import Counted
from commerce.streams.state import Buckets, EntityState, Recent
from commerce.streams.windows import DAY, SECOND, TIERS, Window

Values = dict[str, float | None]
_NOTHING = EntityState()
_KEPT = Window("kept", DAY, DAY.kept)


def features(streams: Streams, event: Counted, states: Mapping[str, EntityState], delay_days: int) -> Values:
    """Every feature by name, None where it has no value.

    `states` are those of the event's entities that have one, by the entity's name, as they were before the event;
    `delay_days` is after how many days a label is taken to be known. An entity that the event lacks has no values.
    """
    values: Values = dict.fromkeys(streams.names)
    now = {tier.name: tier.bucket(event.at) for tier in TIERS}
    for of in streams.features:
        if of.entity.name in event.keys:
            past = _Past(of, streams.scales, event, states.get(of.entity.name, _NOTHING), delay_days, now)
            values.update(zip(of.names, past.values(), strict=True))
    return values


@dataclass
class _Past:
    """What one entity did before the event. What several features are made of is summed once."""

    of: Features
    scales: Mapping[str, int]
    event: Counted
    state: EntityState
    delay_days: int
    now: Mapping[str, int]
    """The event's bucket in each tier."""
    summed: dict[str, list[int]] = field(default_factory=dict)

    def values(self) -> Iterator[float | None]:
        of = self.of
        yield from (float(self._sums(window)[0]) for window in of.counts)
        for measure, window in of.sums:
            yield self._sums(window)[self._place(measure)] / self.scales.get(measure, 1)
        for measure, window in of.means:
            yield self._mean(measure, window, self.scales.get(measure, 1))
        for measure, window in of.ratios:
            mean = self._mean(measure, window)
            yield self.event.measures.get(measure, 0) / mean if mean else None
        for measure, window in of.deviations:
            yield self._deviation(measure, window)
        for measure, short, long in of.surges:
            lately, usually = self._mean(measure, short), self._mean(measure, long)
            yield lately / usually if lately is not None and usually else None
        for column, window in of.distinct:
            yield float(len({value for value in self._recent(column, window) if value is not None}))
        for column, window in of.same:
            own = self.event.values.get(column)
            yield None if own is None else float(sum(value == own for value in self._recent(column, window)))
        yield from (float(self._frauds(window)) for window in of.frauds)
        for window in of.fraud_rates:
            earlier = self._events_before_delay(window)
            yield self._frauds(window) / earlier if earlier else None
        today = self.now["day"]
        for window in of.first_frauds:
            first = min(_within(self.state.frauds, today, window.buckets), default=None)
            yield None if first is None else float(today - first)
        if of.since_fraud:
            newest = max(_within(self.state.frauds, today, DAY.kept), default=None)
            yield None if newest is None else float(today - newest)
        if of.since_last:
            last = max((recent[0] for recent in self._before), default=None)
            yield None if last is None else (self.event.at - last) / SECOND
        if of.since_first:
            first = min(_within(self.state.tiers.get("day", {}), today, DAY.kept), default=None)
            yield None if first is None else float(today - first)

    def _sums(self, window: Window) -> list[int]:
        if window.name not in self.summed:
            self.summed[window.name] = self._added(window)
        return self.summed[window.name]

    def _added(self, window: Window) -> list[int]:
        buckets = self.state.tiers.get(window.tier.name, {})
        within = [buckets[bucket] for bucket in _within(buckets, self.now[window.tier.name], window.buckets)]
        if not within:
            return [0] * (1 + len(self.of.measures) + len(self.of.squared))
        return within[0] if len(within) == 1 else [sum(column) for column in zip(*within, strict=True)]

    def _place(self, measure: str) -> int:
        return 1 + self.of.measures.index(measure)

    def _mean(self, measure: str, window: Window, scale: int = 1) -> float | None:
        sums = self._sums(window)
        return sums[self._place(measure)] / (sums[0] * scale) if sums[0] else None

    def _deviation(self, measure: str, window: Window) -> float | None:
        """(own - mean) / standard deviation, in whole numbers as long as possible so that nothing cancels."""
        sums = self._sums(window)
        count, total = sums[0], sums[self._place(measure)]
        squares = sums[1 + len(self.of.measures) + self.of.squared.index(measure)]
        spread = count * squares - total * total
        own = self.event.measures.get(measure, 0)
        return (own * count - total) / math.sqrt(spread) if count > 1 and spread > 0 else None

    def _recent(self, column: str, window: Window) -> list[str | None]:
        place, begin = self.of.remembered.index(column), window.begin(self.event.at)
        return [recent[2][place] for recent in self._before if recent[0] >= begin]

    @cached_property
    def _before(self) -> list[Recent]:
        now, begin = (self.event.at, self.event.id), _KEPT.begin(self.event.at)
        return [recent for recent in self.state.recents if begin <= recent[0] and recent[:2] < now]

    def _frauds(self, window: Window) -> int:
        return sum(self.state.frauds[d] for d in _within(self.state.frauds, self.now["day"], window.buckets))

    def _events_before_delay(self, window: Window) -> int:
        buckets: Buckets = self.state.tiers.get("day", {})
        last = self.now["day"] - self.delay_days
        return sum(buckets[day][0] for day in _within(buckets, last, window.buckets))


def _within(buckets: Mapping[int, object], last: int, count: int) -> list[int]:
    """Those of the `count` buckets up to `last` that there are."""
    if len(buckets) <= count:
        return [bucket for bucket in buckets if last - count < bucket <= last]
    return [bucket for bucket in range(last - count + 1, last + 1) if bucket in buckets]
