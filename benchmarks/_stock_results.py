"""What a contest of policies says, as figures, floors and notes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks._stock_contest import Span, Swept, compare
from benchmarks.harness import Result


def result(data: str, ours: Swept, floors: Mapping[str, Swept], seed: int) -> Result:
    """Figures under `data`: ours at its setting against each floor at its own."""
    found = compare(ours, floors, seed)
    figures: dict[str, float | int | None] = dict(_measured(data, ours))
    figures[f"{data}.cost_vs_best_simple"] = found.vs_best[0]
    figures[f"{data}.cost_vs_best_simple_at_our_fill"] = max(span[0] for span in found.at_ours.values())
    figures[f"{data}.cost_vs_best_simple_at_their_fill"] = max(span[0] for span in found.at_theirs.values())
    notes = [
        f"{data}: cost over that of the best simple policy {_told(found.vs_best)}; 95 % intervals, products resampled"
    ]
    for name, floor in floors.items():
        tuned = ", ".join(f"{floor.settings[k]:g}" for k in floor.chosen)
        own, same = _told(found.vs_each[name]), _told(found.at_ours[name])
        theirs = _told(found.at_theirs[name])
        at = f"at our fill rate {same}, at its own {theirs}"
        notes.append(f"{data}: cost over {name} (tuned to {tuned}) {own}; {at}")
    points = zip(
        ours.settings, ours.sold.sum(axis=1) / ours.outcomes[0].demand.sum(), ours.cost.sum(axis=1), strict=True
    )
    frontier = ", ".join(f"{share:g} costs {cost:,.0f} at {fill:.4f}" for share, fill, cost in points)
    notes.append(f"{data}: ours by shortage cost as a share of margin: {frontier}")
    return Result(figures, {name: _measured(data, swept) for name, swept in floors.items()}, notes=notes)


def _measured(data: str, swept: Swept) -> dict[str, float]:
    everyone = np.arange(len(swept.groups))

    def total(name: str) -> float:
        values = np.stack([getattr(outcome, name) for outcome in swept.outcomes])
        return float(values[swept.of_series, everyone].sum())

    return {
        f"{data}.cost": swept.total(everyone),
        f"{data}.fill_rate": swept.fill(everyone),
        f"{data}.cycle_service": total("served") / total("reviews"),
        f"{data}.mean_stock": total("held") / swept.outcomes[0].days,
        f"{data}.wasted": total("wasted"),
        f"{data}.orders": total("orders"),
    }


def _told(values: Span) -> str:
    return f"{values[0]:.3f} ({values[1]:.3f} to {values[2]:.3f})"
