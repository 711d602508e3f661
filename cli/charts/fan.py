"""A fan chart: what a product sold, then what it is expected to sell, with bands of likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from cli.charts.axes import Axis, Chart, Line, Tick, path
from commerce.families.demand import DemandForecast

BANDS = ((0.05, 0.95), (0.1, 0.9), (0.2, 0.8), (0.3, 0.7), (0.4, 0.6))
"""Levels between which a band lies; all of them over one another are darkest at the middle."""
_DATES = 6


def fan(name: str, history: Mapping[date, float], forecast: DemandForecast, location_id: str) -> Chart:
    """Of one location: `history` in units by the first day of a period; LookupError where it is not forecast."""
    place = next((place for place in forecast.locations if place.location_id == location_id), None)
    if place is None:
        there_are = ", ".join(place.location_id for place in forecast.locations[:20])
        raise LookupError(f"no forecast at {location_id!r}; there are: {there_are}")
    sold = sorted((day.toordinal(), units) for day, units in history.items())
    ahead = [period.starts_on.toordinal() for period in place.periods]
    means = [(day, period.mean) for day, period in zip(ahead, place.periods, strict=True)]
    # The fan opens where the history ends.
    begin = sold[-1:]
    found = {
        level: [
            *begin,
            *((day, p.quantiles[forecast.levels.index(level)]) for day, p in zip(ahead, place.periods, strict=True)),
        ]
        for pair in BANDS
        for level in pair
    }
    x = Axis.across([day for day, _ in sold] + ahead)
    y = Axis.up([0.0, *(units for _, units in sold), *(units for points in found.values() for _, units in points)])
    days = sorted({day for day, _ in sold} | set(ahead))
    shown = days[:: -(-len(days) // _DATES)]
    unit = forecast.frequency
    return Chart(
        told=f"{name}: units sold a {unit}, and the forecast of {len(ahead)} {unit}s",
        across=f"{unit} that begins on",
        up=f"units a {unit}",
        x_ticks=[Tick(x.at(day), f"{date.fromordinal(day):%b %d}") for day in shown],
        y_ticks=y.ticks(),
        lines=[Line(path(x, y, sold), "ink"), Line(path(x, y, [*begin, *means]), "ours", dashed=True)],
        bands=[path(x, y, [*found[low], *reversed(found[high])]) for low, high in BANDS],
        key=[("ink", "sold"), ("ours", "expected"), ("band", "9 of 10 within")],
    )
