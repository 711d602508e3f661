"""A grocer's weekly demand (Complete Journey): products at stores, their categories, departments and the whole shop.

The last five weeks from one origin, with the promotions of these weeks (display and mailer per product, store and week)
known ahead. Of all products and stores those that sold in at least ten of the 48 weeks before the origin, but for what
is sold by volume, as one closed shop: learned from and summed over. WRMSSE over the four levels, see
`_demand_wrmsse`; the errors of coverage are of products at stores.

`coherence` is the largest difference, in units, between what a node of a level is expected to sell and what its series
are; `node_coverage_error` is of the nodes' own quantiles, products over all stores among them.

Beside ours: ours without promotions, its floors, and AutoETS of every node by itself, summed from below, and
reconciled. A week's season is not to be had from 48 weeks: seasonal naive is the last week.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks._demand_contest import Contest, Shop, contest
from benchmarks._demand_peers import ask
from benchmarks._demand_wrmsse import Hierarchy
from benchmarks._recommendations_basket import LINE_NAMES, data_folder, grocer_tables
from benchmarks.harness import Result, hashes
from commerce.families.demand import DemandParameters
from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.nodes import CATALOGUE, SHOP, prefix
from lake.loaders.completejourney_promotions import weekly_promotions
from lake.schema import ibis_schema
from training.contract import ENTITY
from training.demand.features import LOCATION, STEP
from training.demand.judging import measured

ORIGIN = date(2017, 11, 27)
"""A Monday; the data ends with the year, five weeks later."""
HORIZON = 5
KNOWN_WEEKS = 48
LEAST_WEEKS = 10
VOLUME = 100
"""Units of one line; what sold by so many is sold by volume, as fuel is, and would be all of a sum in units."""
WORTH_WEEKS = 4
LEVELS = ("shop", "department", "category", "series")
KEYS = ["product_id", "store_id"]
PARAMETERS = DemandParameters(frequency="week", horizon=HORIZON)


def measure(seed: int) -> Result:
    """WRMSSE and its ratio to the best floor, by level too; coverage."""
    folder = data_folder()
    tables = grocer_tables(folder, LINE_NAMES | {"store_id": "store_id", "sales_value": "total"})
    lines, share = _often_sold(tables["order_lines"].to_pandas())
    products = tables["products"].to_pandas()
    series, hierarchy = _hierarchy(lines, products)
    shop = {"order_lines": ibis.memtable(lines), "products": tables["products"]}
    promotions = ibis.memtable(_promotions(folder, series)).cast(ibis_schema("promotions"))
    found = contest(Shop({**shop, "promotions": promotions}), [ORIGIN], PARAMETERS, {}, seed)
    without = contest(Shop(shop), [ORIGIN], PARAMETERS, {}, seed)
    # Frames are ordered by their keys: both have the same rows.
    contenders = Contest(found.asked, {**found.predictions, "ours_without_promotions": without.predictions["ours"]})
    forecasts = {name: hierarchy.bottom_up(_paths(contenders, name, series)) for name in contenders.predictions}
    peers, seconds = _peers(hierarchy)
    errors = {name: hierarchy.wrmsse(each) for name, each in (forecasts | peers).items()}
    notes = [
        f"{len(series):,} products at stores sold in {LEAST_WEEKS} weeks or more: {share:.0%} of what the shop sold",
        *found.notes,
        f"AutoETS of all nodes and their reconciliation took {seconds:.0f} s on one core",
    ]
    files = [folder / f"{name}.parquet" for name in ("transactions", "products", "promotions")]
    result = _result(errors, contenders, [f"completejourney: {note}" for note in notes], hashes(*files))
    rows, predicted = found.above
    return replace(
        result,
        figures=result.figures
        | {
            "completejourney.coherence": _incoherence(found, products),
            "completejourney.node_coverage_error": measured(rows, predicted)["coverage_error"],
        },
    )


def _incoherence(found: Contest, products: pd.DataFrame) -> float:
    """Largest distance, in units, of ours of a node from the sum of ours of its series."""
    mean = found.asked[[ENTITY, LOCATION, STEP]].assign(mean=found.predictions["ours"][:, 0])
    named = mean.merge(products.rename(columns={"product_id": ENTITY}), on=ENTITY, how="left")
    sums = [
        named.assign(**{ENTITY: SHOP, LOCATION: EVERYWHERE}),
        named.assign(**{ENTITY: SHOP}),
        named.assign(**{LOCATION: EVERYWHERE}),
        *(named.assign(**{ENTITY: prefix(level) + named[level], LOCATION: EVERYWHERE}) for level in CATALOGUE),
    ]
    keys = [ENTITY, LOCATION, STEP]
    below = pd.concat(sums).pivot_table("mean", keys, aggfunc="sum").reset_index()
    rows, predicted = found.above
    both = rows[keys].assign(own=predicted[:, 0]).merge(below, on=keys, validate="one_to_one")
    if len(both) < len(rows):
        raise RuntimeError(f"{len(rows) - len(both)} rows of nodes have no series below them")
    return float(np.abs(both["own"].to_numpy() - both["mean"].to_numpy()).max())


def _result(errors: dict[str, dict[str, float]], contenders: Contest, notes: list[str], data: dict[str, str]) -> Result:
    means = {name: float(np.mean(list(levels.values()))) for name, levels in errors.items()}
    best = min(mean for name, mean in means.items() if name != "ours")
    each = {
        name: {"completejourney.wrmsse": means[name]}
        | {f"completejourney.wrmsse_{level}": value for level, value in levels.items()}
        | (
            {"completejourney.coverage_error": contenders.measured(name)["coverage_error"]}
            if name in contenders.predictions
            else {}
        )
        for name, levels in errors.items()
    }
    figures: dict[str, float | int | None] = {**each.pop("ours")}
    figures["completejourney.wrmsse_vs_best_floor"] = means["ours"] / best
    return Result(figures, each, data, notes)


def _often_sold(lines: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """The lines of products at stores that sold in enough weeks before the origin, and their share of its sales."""
    lines = lines[lines["quantity"] > 0].assign(week=lambda t: _week(t["ordered_at"]))
    known = pd.DataFrame(lines[lines["week"] < KNOWN_WEEKS]).reset_index(drop=True)
    largest = known.groupby("product_id")["quantity"].transform("max").to_numpy()
    weeks = known.loc[np.flatnonzero(largest < VOLUME)].groupby(KEYS)["week"].nunique()
    often = weeks.index[weeks.to_numpy() >= LEAST_WEEKS].to_frame(index=False)
    kept = lines.merge(often, on=KEYS)
    return kept, float(kept.loc[kept["week"] < KNOWN_WEEKS, "total"].sum() / known["total"].sum())


def _week(when: pd.Series) -> pd.Series:
    """Weeks since the first, which is 0; the origin's is `KNOWN_WEEKS`."""
    return (when - pd.Timestamp(ORIGIN)).dt.days // 7 + KNOWN_WEEKS


def _hierarchy(lines: pd.DataFrame, products: pd.DataFrame) -> tuple[pd.DataFrame, Hierarchy]:
    """The series, in order, and their units by week."""
    series = lines.sort_values(KEYS).drop_duplicates(KEYS, ignore_index=True)
    series = pd.DataFrame({key: series[key] for key in KEYS})
    number = lines.merge(series.assign(row=range(len(series))), on=KEYS)
    units = np.zeros((len(series), KNOWN_WEEKS + HORIZON))
    np.add.at(units, (number["row"], number["week"]), number["quantity"])
    lately = number[(number["week"] < KNOWN_WEEKS) & (number["week"] >= KNOWN_WEEKS - WORTH_WEEKS)]
    worth = np.bincount(lately["row"], lately["total"], minlength=len(series))
    named = series.merge(products, on="product_id", how="left", validate="many_to_one")
    nodes = {level: pd.factorize(named[level].fillna(""), sort=True)[0] for level in ("department", "category")}
    nodes = {"shop": np.zeros(len(series), dtype=int), **nodes, "series": np.arange(len(series))}
    return series, Hierarchy(nodes, units[:, :KNOWN_WEEKS], units[:, KNOWN_WEEKS:], worth)


def _promotions(folder: Path, series: pd.DataFrame) -> pa.Table:
    """Displays and mailers of these products at these stores."""
    pairs = pa.Table.from_pandas(series, preserve_index=False).cast(pa.schema([(key, pa.string()) for key in KEYS]))
    chunks = weekly_promotions(folder / "promotions.parquet")
    kept = pa.concat_tables(chunk.join(pairs, KEYS, join_type="left semi") for chunk in chunks)
    return kept.append_column("discount", pa.nulls(len(kept), pa.float64()))


def _paths(contenders: Contest, name: str, series: pd.DataFrame) -> np.ndarray:
    """(series, horizon) expected demand; 0 of what was not asked."""
    asked = contenders.asked
    mean = pd.DataFrame(
        {
            "product_id": asked[ENTITY],
            "store_id": asked[LOCATION],
            "step": asked[STEP],
            "mean": contenders.predictions[name][:, 0],
        }
    )
    wide = mean.pivot(index=KEYS, columns="step", values="mean")
    return wide.reindex(pd.MultiIndex.from_frame(series)).fillna(0.0).to_numpy()


def _peers(hierarchy: Hierarchy) -> tuple[dict[str, dict[str, np.ndarray]], float]:
    """By peer and level (nodes, horizon), and the seconds they took."""
    count = len(hierarchy.known)
    names = {level: [f"{level}:{node}" for node in hierarchy.nodes[level]] for level in LEVELS}
    panel = pd.DataFrame({level: np.repeat(names[level], KNOWN_WEEKS) for level in LEVELS})
    panel = panel.assign(period=np.tile(np.arange(KNOWN_WEEKS), count), y=hierarchy.known.ravel())
    reply = ask("hierarchy.py", panel, {"levels": LEVELS, "horizon": HORIZON})
    named = reply.frame["node"].str.partition(":")
    placed = reply.frame.assign(level=named[0], node=named[2].astype(int))
    peers = [name for name in reply.frame.columns if name not in ("node", "step")]
    found = {peer: placed.pivot(index=["level", "node"], columns="step", values=peer).clip(lower=0) for peer in peers}
    return {
        _named(peer): {each: wide.loc[each].sort_index().to_numpy() for each in LEVELS} for peer, wide in found.items()
    }, reply.told["seconds"]


def _named(peer: str) -> str:
    return peer if peer == "AutoETS" else f"AutoETS_{peer}"
