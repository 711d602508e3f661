"""What a family counts: entities of its events, and features of their past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from commerce.streams.windows import DAY, TIERS, Tier, Window

RECENTS = 32
"""Newest events of an entity that are remembered one by one: what is distinct among them saturates there."""


CUSTOMER_COLUMN = "customer_id"
"""The column of events that says whose they are."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Whose past is counted: `columns` of the event identify it, several of them a pair."""

    name: str
    columns: tuple[str, ...]

    @property
    def personal(self) -> bool:
        """Whether its past is one customer's and nobody else's: erasing the customer erases it."""
        return CUSTOMER_COLUMN in self.columns


@dataclass(frozen=True)
class Features:
    """Features of one entity's past, by kind. The name of each is `<entity>_<what>_<window>`.

    counts: events. sums, means: of a measure. ratios: the event's own measure over the mean. deviations: how many
    standard deviations the event's measure lies above the mean, from two events on. surges: the mean over a short
    window over that over a long one. distinct: different values of a column among the newest `RECENTS` events in the
    window. same: how many of these have the event's own value. frauds: labels of fraud that became known in the
    window. fraud_rates: those over the events of an equally long window that ended the label delay ago. first_frauds:
    days since the oldest of those labels became known. since_fraud: days since the newest did. since_last: seconds.
    since_first: days, within the days that are kept.
    """

    entity: Entity
    counts: tuple[Window, ...] = ()
    sums: tuple[tuple[str, Window], ...] = ()
    means: tuple[tuple[str, Window], ...] = ()
    ratios: tuple[tuple[str, Window], ...] = ()
    deviations: tuple[tuple[str, Window], ...] = ()
    surges: tuple[tuple[str, Window, Window], ...] = ()
    distinct: tuple[tuple[str, Window], ...] = ()
    same: tuple[tuple[str, Window], ...] = ()
    frauds: tuple[Window, ...] = ()
    fraud_rates: tuple[Window, ...] = ()
    first_frauds: tuple[Window, ...] = ()
    since_fraud: bool = False
    since_last: bool = False
    since_first: bool = False

    def __post_init__(self) -> None:
        for window in (*self.frauds, *self.fraud_rates, *self.first_frauds):
            if window.tier is not DAY:
                raise ValueError(f"labels are counted by the day, not by the {window.tier.name} ({window.name})")

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Measures of which sums are kept, in the order of the state's vectors."""
        return tuple(dict.fromkeys(measure for measure, _ in self.measured))

    @cached_property
    def measured(self) -> tuple[tuple[str, Window], ...]:
        """Measures with the windows over which they are summed."""
        surging = ((measure, window) for measure, *windows in self.surges for window in windows)
        return tuple(dict.fromkeys((*self.sums, *self.means, *self.ratios, *self.deviations, *surging)))

    @cached_property
    def squared(self) -> tuple[str, ...]:
        """Measures of whose squares sums are kept as well."""
        return tuple(dict.fromkeys(measure for measure, _ in self.deviations))

    @cached_property
    def tiers(self) -> tuple[Tier, ...]:
        """Tiers in which buckets are kept."""
        windows = (*self.counts, *(window for _, window in self.measured))
        used = {window.tier for window in windows} | ({DAY} if self.fraud_rates or self.since_first else set())
        return tuple(tier for tier in TIERS if tier in used)

    @cached_property
    def remembered(self) -> tuple[str, ...]:
        """Columns whose values the newest events keep."""
        return tuple(dict.fromkeys(column for column, _ in (*self.distinct, *self.same)))

    @cached_property
    def remembers(self) -> bool:
        """Whether the newest events are kept one by one."""
        return self.since_last or bool(self.remembered)

    @cached_property
    def labelled(self) -> bool:
        """Whether labels are counted."""
        return bool(self.frauds or self.fraud_rates or self.first_frauds or self.since_fraud)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order in which both forms give them."""
        return tuple(self._names())

    def _names(self) -> Iterator[str]:
        of = self.entity.name
        yield from (f"{of}_count_{window.name}" for window in self.counts)
        for kind in ("sum", "mean", "ratio", "deviation"):
            yield from (f"{of}_{measure}_{kind}_{window.name}" for measure, window in getattr(self, f"{kind}s"))
        yield from (f"{of}_{measure}_surge_{short.name}_{long.name}" for measure, short, long in self.surges)
        yield from (f"{of}_{column}_distinct_{window.name}" for column, window in self.distinct)
        yield from (f"{of}_{column}_same_{window.name}" for column, window in self.same)
        yield from (f"{of}_frauds_{window.name}" for window in self.frauds)
        yield from (f"{of}_fraud_rate_{window.name}" for window in self.fraud_rates)
        yield from (f"{of}_first_fraud_{window.name}" for window in self.first_frauds)
        if self.since_fraud:
            yield f"{of}_since_fraud"
        if self.since_last:
            yield f"{of}_since_last"
        if self.since_first:
            yield f"{of}_since_first"


@dataclass(frozen=True)
class Streams:
    """A family's declaration. `name` is the family's; each entity is in `features` once."""

    name: str
    features: tuple[Features, ...]
    scales: Mapping[str, int] = field(default_factory=dict)
    """Measure → how many of the whole numbers that are summed make one unit of the sums and means that are given."""
    columns: tuple[str, ...] = field(init=False)
    measures: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        entities = [each.entity.name for each in self.features]
        if len(set(entities)) != len(entities):
            raise ValueError(f"streams {self.name}: an entity is declared twice")
        named = (column for each in self.features for column in (*each.entity.columns, *each.remembered))
        # A frozen dataclass sets what follows from its fields this way.
        object.__setattr__(self, "columns", tuple(dict.fromkeys(named)))
        object.__setattr__(self, "measures", tuple(dict.fromkeys(m for each in self.features for m in each.measures)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every feature's name."""
        return tuple(name for each in self.features for name in each.names)

    def longest_delay(self) -> int:
        """Days of label delay up to which every rate's window lies within the buckets that are kept."""
        longest = max((window.buckets for each in self.features for window in each.fraud_rates), default=0)
        return DAY.kept - longest
