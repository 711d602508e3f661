"""Values of every declared feature for every event of a table, each from what came before it alone.

Events and labels stand in one long table per entity, ordered by (time, label last, id). A window over whole buckets is
a range frame over the buckets before the event's own, plus the rows before it within its own bucket: no sum is taken
apart again, so whole numbers stay exact.
"""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from commerce.streams.declaration import RECENTS, Features, Streams
from commerce.streams.windows import DAY, SECOND, Window

ID, AT = "event_id", "at"
LABEL_AT, FRAUD = "label_at", "fraud"
_BEFORE = 1
"""Rows up to the one before."""


def features(events: ibis.Table, streams: Streams, delay_days: int) -> ibis.Table:
    """`event_id` and every feature (float64) for each row of `events`.

    `events` has `event_id`, `at` (int64, microseconds), the declaration's columns (text) and measures (int64), and
    `label_at` (int64, empty where no label is known) with `fraud` (bool). Ids are unique.
    """
    found = events.select(ID)
    for of in streams.features:
        part = _entity(events, of, streams.scales, delay_days)
        found = found.left_join(part, ID).drop(f"{ID}_right")
    return found


def _entity(events: ibis.Table, of: Features, scales: Mapping[str, int], delay_days: int) -> ibis.Table:
    has = reduce(lambda a, b: a & b, (events[column].notnull() for column in of.entity.columns))
    known = events.filter(has)
    # Each sum is asked for once, in a step of its own: an engine would add it up again for every feature that uses it.
    summed = _summed(_long(known, of), of)
    context = _Window(summed, of, scales, delay_days)
    values: Mapping[str, ir.Value] = dict(zip(of.names, context.values(), strict=True))
    answered = summed.select(ID, "kind", **{name: value.cast("float64") for name, value in values.items()})
    return answered.filter(answered["kind"] == 0).drop("kind")


def _long(known: ibis.Table, of: Features) -> ibis.Table:
    """Events (kind 0) and, where labels are counted, labels of fraud (kind 1) with their event's entity."""
    entity = {f"e{i}": known[column] for i, column in enumerate(of.entity.columns)}
    remembered = {f"v_{column}": known[column] for column in of.remembered}
    measured = {f"m_{measure}": known[measure].cast("int64") for measure in of.measures}
    events = known.select(
        **entity, **remembered, **measured, kind=ibis.literal(0, "int64"), at=known[AT], event_id=known[ID]
    )
    if of.labelled:
        frauds = known.filter(known[FRAUD].fill_null(False) & known[LABEL_AT].notnull())
        labels = frauds.select(
            **{name: frauds[column] for name, column in zip(entity, of.entity.columns, strict=True)},
            **{name: ibis.null("string").cast("string") for name in remembered},
            **{name: ibis.literal(0, "int64") for name in measured},
            kind=ibis.literal(1, "int64"),
            at=frauds[LABEL_AT],
            event_id=frauds[ID],
        )
        events = ibis.union(events, labels)
    tiers = {*of.tiers, DAY, *(window.tier for _, window in (*of.distinct, *of.same))}
    buckets = {f"b_{tier.name}": events[AT] // (tier.seconds * SECOND) for tier in tiers}
    squares = {f"q_{measure}": events[f"m_{measure}"] * events[f"m_{measure}"] for measure in of.squared}
    return events.mutate(**buckets, **squares, one=1 - events["kind"])


def _summed(long: ibis.Table, of: Features) -> ibis.Table:
    """The long table with every sum over a window that features are made of, as `_sum_name` calls it."""
    wanted = [("one", window) for window in of.counts]
    wanted += [pair for measure, window in of.measured for pair in (("one", window), (f"m_{measure}", window))]
    wanted += [(f"q_{measure}", window) for measure, window in of.deviations]
    wanted += [("kind", window) for window in (*of.frauds, *of.fraud_rates)]
    found = {_sum_name(*pair): _sum(long, of, *pair) for pair in dict.fromkeys(wanted)}
    if of.remembered:
        names = (AT, *(f"v_{column}" for column in of.remembered))
        found["recents"] = ibis.struct({name: long[name] for name in names}).collect().over(_rows(of, RECENTS))
    return long.mutate(**found)


def _sum_name(column: str, window: Window) -> str:
    return f"{column}_over_{window.name}"


def _sum(long: ibis.Table, of: Features, column: str, window: Window) -> ir.Value:
    """Over the buckets before the row's own, and the rows before it within its own."""
    total = long[column].sum().over(_within(of, window)).fill_null(0)
    if window.buckets > 1:
        total += long[column].sum().over(_buckets(of, window.tier.name, window.buckets - 1, 1)).fill_null(0)
    return total


def _within(of: Features, window: Window) -> ibis.expr.builders.WindowBuilder:
    return ibis.window(
        group_by=[*_entity_columns(of), f"b_{window.tier.name}"], order_by=[AT, "kind", ID], rows=(None, -_BEFORE)
    )


def _buckets(of: Features, tier: str, first: int, last: int) -> ibis.expr.builders.WindowBuilder:
    """From `first` to `last` buckets before the row's own."""
    return ibis.window(group_by=_entity_columns(of), order_by=f"b_{tier}", range=(-first, -last))


def _rows(of: Features, count: int | None) -> ibis.expr.builders.WindowBuilder:
    """The rows before, of events alone: labels have a group of their own."""
    return ibis.window(
        group_by=[*_entity_columns(of), "kind"], order_by=[AT, ID], rows=(None if count is None else -count, -_BEFORE)
    )


def _entity_columns(of: Features) -> list[str]:
    return [f"e{i}" for i in range(len(of.entity.columns))]


class _Window:
    """Expressions over the long table of one entity."""

    def __init__(self, long: ibis.Table, of: Features, scales: Mapping[str, int], delay_days: int) -> None:
        self.long, self.of, self.scales, self.delay_days = long, of, scales, delay_days

    def values(self) -> list[ir.Value]:
        """In the order of `Features.names`."""
        of, long = self.of, self.long
        found: list[ir.Value] = [self._sum("one", window) for window in of.counts]
        found += [self._sum(f"m_{m}", window).cast("float64") / self.scales.get(m, 1) for m, window in of.sums]
        found += [self._mean(m, window, self.scales.get(m, 1)) for m, window in of.means]
        found += [long[f"m_{measure}"] / self._mean(measure, window).nullif(0.0) for measure, window in of.ratios]
        found += [self._deviation(measure, window) for measure, window in of.deviations]
        found += [
            self._mean(measure, short) / self._mean(measure, long).nullif(0.0) for measure, short, long in of.surges
        ]
        found += [self._distinct(column, window) for column, window in of.distinct]
        found += [self._same(column, window) for column, window in of.same]
        found += [self._frauds(window) for window in of.frauds]
        found += [self._frauds(window) / self._events_before_delay(window).nullif(0) for window in of.fraud_rates]
        found += [self.long["b_day"] - self._first_day(1, window) for window in of.first_frauds]
        if of.since_fraud:
            found.append(self.long["b_day"] - self._last_fraud())
        if of.since_last:
            last = self._lately(self._last())
            found.append((long[AT] - last).cast("float64") / SECOND)
        if of.since_first:
            found.append(long["b_day"] - self._first_day(0, Window("kept", DAY, DAY.kept)))
        return found

    def _sum(self, column: str, window: Window) -> ir.Value:
        return self.long[_sum_name(column, window)]

    def _mean(self, measure: str, window: Window, scale: int = 1) -> ir.Value:
        count = self._sum("one", window) * scale
        return self._sum(f"m_{measure}", window).cast("float64") / count.nullif(0)

    def _deviation(self, measure: str, window: Window) -> ir.Value:
        count, total = self._sum("one", window), self._sum(f"m_{measure}", window)
        spread = count * self._sum(f"q_{measure}", window) - total * total
        own = self.long[f"m_{measure}"] * count - total
        return ibis.cases(((count > 1) & (spread > 0), own.cast("float64") / spread.cast("float64").sqrt()), else_=None)

    def _recent(self, window: Window) -> ir.ArrayValue:
        """The newest events, as far as they lie in the window."""
        oldest = self.long[f"b_{window.tier.name}"] - window.buckets
        return self.long["recents"].filter(lambda one: one[AT] // (window.tier.seconds * SECOND) > oldest)

    def _distinct(self, column: str, window: Window) -> ir.Value:
        values = self._recent(window).map(lambda one: one[f"v_{column}"])
        return values.filter(lambda value: value.notnull()).unique().length().fill_null(0)

    def _same(self, column: str, window: Window) -> ir.Value:
        own = self.long[f"v_{column}"]
        same = self._recent(window).filter(lambda one: one[f"v_{column}"] == own).length().fill_null(0)
        return ibis.cases((own.notnull(), same), else_=None)

    def _frauds(self, window: Window) -> ir.Value:
        return self._sum("kind", window)

    def _events_before_delay(self, window: Window) -> ir.Value:
        first, last = self.delay_days + window.buckets - 1, self.delay_days
        return self.long["one"].sum().over(_buckets(self.of, "day", first, last)).fill_null(0)

    def _last(self) -> ir.Value:
        return self.long[AT].max().over(_rows(self.of, None))

    def _lately(self, at: ir.Value) -> ir.Value:
        """Nothing is remembered from before the days that are kept."""
        day = at // (DAY.seconds * SECOND)
        return ibis.cases((day > self.long["b_day"] - DAY.kept, at), else_=None)

    def _first_day(self, kind: int, window: Window) -> ir.Value:
        """First of the window's days with an event (kind 0) or a label (kind 1)."""
        day = self._day(kind)
        today = day.min().over(_within(self.of, window))
        if window.buckets == 1:
            return today
        return ibis.least(day.min().over(_buckets(self.of, "day", window.buckets - 1, 1)), today)

    def _last_fraud(self) -> ir.Value:
        """Last day with a label, of the days that are kept."""
        rows = ibis.window(group_by=_entity_columns(self.of), order_by=[AT, "kind", ID], rows=(None, -_BEFORE))
        last = self._day(1).max().over(rows)
        return ibis.cases((last > self.long["b_day"] - DAY.kept, last), else_=None)

    def _day(self, kind: int) -> ir.Value:
        return ibis.cases((self.long["kind"] == kind, self.long["b_day"]), else_=None)
