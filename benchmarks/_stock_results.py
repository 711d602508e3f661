"""What a contest of policies says, as figures, floors and notes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks._stock_contest import Swept, compare
from benchmarks.harness import Result

Span = tuple[float, float, float]


def result(data: str, ours: Swept, floors: Mapping[str, Swept], products: np.ndarray, seed: int) -> Result:
    """Figures under `data`: ours at its choice against each floor at its own."""
    found = compare(ours, floors, products, seed)
    figures: dict[str, float | int | None] = _measured(data, ours)
    figures[f"{data}.cost_vs_best_simple"] = found.vs_best[0]
    figures[f"{data}.cost_vs_best_simple_at_same_fill"] = max(span[0] for span in found.at_fill.values())
    said = [f"cost over that of the best simple policy {_span(found.vs_best)}"]
    said += [
        f"over {name} {_span(found.vs_each[name])}, at our fill rate {_span(found.at_fill[name])}" for name in floors
    ]
    notes = [f"{data}: {', '.join(said)} (95 % intervals, products resampled)"]
    frontier = {"ours": ours, **floors}
    everyone = np.arange(len(products))
    for name, swept in frontier.items():
        points = zip(swept.settings, swept.fill(everyone), swept.cost.sum(axis=1), strict=True)
        notes.append(
            f"{data}: {name}, cost at fill rate by setting: "
            + ", ".join(f"{s:g}: {c:,.0f} at {f:.4f}" for s, f, c in points)
        )
    return Result(figures, {name: _measured(data, swept) for name, swept in floors.items()}, notes=notes)


def _measured(data: str, swept: Swept) -> dict[str, float]:
    outcome = swept.outcomes[swept.chosen]
    return {
        f"{data}.cost": float(swept.cost[swept.chosen].sum()),
        f"{data}.fill_rate": float(outcome.sold.sum() / outcome.demand.sum()),
        f"{data}.cycle_service": float(outcome.served.sum() / outcome.reviews.sum()),
        f"{data}.mean_stock": float(outcome.held.sum() / outcome.days),
        f"{data}.wasted": float(outcome.wasted.sum()),
        f"{data}.orders": float(outcome.orders.sum()),
    }


def _span(values: Span) -> str:
    return f"{values[0]:.3f} ({values[1]:.3f} to {values[2]:.3f})"
