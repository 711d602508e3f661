"""A grocer's weekly demand (Complete Journey): every product of the whole shop, the last five weeks.

Learned from what was known on the first of them. The loss is the family's own: pinball over all its levels, as a share
of demand, series resampled for the intervals. Promotions are not loaded: 21 million rows of products and stores say
nothing of the shop as a whole.
"""

from __future__ import annotations

from datetime import date

import ibis

from benchmarks._demand_contest import Shop, contest
from benchmarks._recommendations_basket import data_folder, grocer_tables
from benchmarks.harness import Result, hashes
from commerce.families.demand import DemandParameters
from training.demand.judging import measure as metrics
from training.demand.judging import per_series
from training.metrics import bootstrap

ORIGIN = date(2017, 11, 27)
"""A Monday; the data ends with the year, five weeks later."""
WEEKS = 5
KEPT = ("pinball", "coverage_error", "scaled_rmse", "bias")


def measure(seed: int) -> Result:
    """Loss, coverage, error of the mean and bias, and the loss's ratio to the best floor."""
    folder = data_folder()
    tables = grocer_tables(folder)
    lines = tables["order_lines"].mutate(store_id=ibis.null("string"), total=ibis.null("float64"))
    shop = Shop({"order_lines": lines, "products": tables["products"]})
    parameters = DemandParameters(frequency="week", horizon=WEEKS, by_location=False)
    found = contest(shop, [ORIGIN], parameters, {}, seed)
    outcome, judged = per_series(found.asked, found.predictions)
    values = {name: metrics(outcome, each) for name, each in judged.items()}
    spans = bootstrap(metrics, outcome, judged, seed)
    best = min(each["pinball"] for name, each in values.items() if name != "ours")
    figures: dict[str, float | int | None] = {
        f"completejourney.products.{metric}": values["ours"][metric] for metric in KEPT
    }
    figures["completejourney.products.pinball_vs_best_floor"] = values["ours"]["pinball"] / best
    floors = {
        name: {f"completejourney.products.{metric}": each[metric] for metric in KEPT}
        for name, each in values.items()
        if name != "ours"
    }
    intervals = ", ".join(
        f"{name} {each['pinball'].low:.4f} to {each['pinball'].high:.4f}" for name, each in spans.items()
    )
    notes = [f"completejourney: {note}" for note in found.notes]
    notes.append(f"completejourney: 95 % intervals of pinball over {len(outcome):,} series: {intervals}")
    return Result(figures, floors, hashes(folder / "transactions.parquet", folder / "products.parquet"), notes)
