"""Accounts as a graph on our own simulator of payments and orders: simulated data, with stated assumptions.

More rings than the simulator assumes by default, each account of which pays several times, so that there are
frauds to judge by. `accounts.graph_*` is how long building groups takes as uses of things grow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import networkx as nx
import numpy as np
import pyarrow as pa

from benchmarks._fraud_simulated import GOOD, SimulatedTables
from benchmarks.harness import Result
from lake.simulators.ordering import OrderAssumptions, orders
from lake.simulators.paying import PaymentAssumptions
from lake.simulators.payments import payments
from lake.simulators.people import PeopleAssumptions
from lake.simulators.simulated import Simulated
from training import frames
from training.accounts import FAMILY_MODEL
from training.accounts.graph import KINDS, groups
from training.contract import ENTITY, LABEL
from training.metrics import average_precision, roc_auc

START = date(2025, 1, 1)
DAYS = 240
SHOPS = 3
"""Simulated with one seed after the other: a hold-out of one has a few dozen frauds."""
ASSUMED = PaymentAssumptions(
    people=PeopleAssumptions(customers=8000),
    stolen_per_1000=5.0,
    testing_per_1000=5.0,
    ring_per_1000=10.0,
    ring_payments=3.0,
)
ABUSES = frozenset({"multi_account", "coupon_abuse", "refund_abuse"})
"""Flags of what a group does; `known_fraud_nearby` is of what happened to it."""
SIZES = (10_000, 100_000, 1_000_000)


def measure(seed: int) -> Result:
    """Ranking beside floors on the same temporal split, flags beside the truth, seconds by size; means over shops."""
    shops = [_shop(seed + number) for number in range(SHOPS)]
    own, floor = _graphs(seed)
    ranked = {
        name: {key: float(np.mean([shop.ranked[name][key] for shop in shops])) for key in shops[0].ranked[name]}
        for name in shops[0].ranked
    }
    flagged = {key: float(np.mean([shop.flagged[key] for shop in shops])) for key in shops[0].flagged}
    notes = ["accounts: simulated data, whose assumptions lake/simulators states", *(shop.note for shop in shops)]
    return Result({**ranked.pop("ours"), **flagged, **own}, ranked | {"networkx": floor}, {}, notes)


@dataclass(frozen=True)
class _Shop:
    """One simulated shop: metrics by contender, shares of accounts that get a flag."""

    ranked: dict[str, dict[str, float]]
    flagged: dict[str, float]
    note: str


def _shop(seed: int) -> _Shop:
    made = payments(ASSUMED, days=DAYS, seed=seed, start=START)
    source = SimulatedTables(dict(made.tables) | orders(made, OrderAssumptions(), seed=seed))
    parameters = FAMILY_MODEL.parameters({})
    dates = FAMILY_MODEL.dates(source, START + timedelta(days=DAYS), parameters)
    train = frames.history(FAMILY_MODEL, source, dates.train, parameters, seed)
    holdout = frames.labelled(FAMILY_MODEL, source, dates.holdouts[0], parameters)
    model = FAMILY_MODEL.fit(train, parameters, seed)
    outcome = holdout[LABEL].to_numpy(dtype=float)
    predictions = {"ours": model.predict(holdout), **FAMILY_MODEL.floors(train, holdout, parameters, seed)}
    ranked = {
        name: {"accounts.ap": average_precision(outcome, values), "accounts.auc": roc_auc(outcome, values)}
        for name, values in predictions.items()
    }
    flags = [{flag.name for flag in answer.flags} for answer in model.answers(holdout)]
    flagged, counted = _flags(made, holdout[ENTITY].tolist(), flags)
    ours, default = (ranked[name]["accounts.ap"] for name in ("ours", "lightgbm_default"))
    note = (
        f"seed {seed}: {len(train):,} rows learned from, with {train[LABEL].sum():,.0f} frauds; {len(outcome):,} "
        f"accounts judged as of {dates.holdouts[0]}, with {outcome.sum():,.0f}, {counted}; average precision "
        f"{ours:.4f}, of a default LightGBM {default:.4f}"
    )
    return _Shop(ranked, flagged, note)


def _flags(made: Simulated, entities: list[str], flags: list[set[str]]) -> tuple[dict[str, float], str]:
    """Shares of rings' accounts and of honest ones that get a flag, by the truth."""
    did: dict[str, set[str]] = {}
    customers = made.tables["payments"]["customer_id"].to_pylist()
    for customer, pattern in zip(customers, made.patterns.to_pylist(), strict=True):
        did.setdefault(customer, set()).add(pattern)
    ring = np.array(["ring" in did[entity] for entity in entities])
    good = np.array([did[entity] <= GOOD for entity in entities])
    abuse = np.array([bool(each & ABUSES) for each in flags])
    near = np.array(["known_fraud_nearby" in each for each in flags])
    found = {
        "accounts.rings_flagged": float(abuse[ring].mean()),
        "accounts.good_flagged": float(abuse[good].mean()),
        "accounts.rings_near_fraud": float(near[ring].mean()),
        "accounts.good_near_fraud": float(near[good].mean()),
    }
    return found, f"{ring.sum():,} of them a ring's, {good.sum():,} honest"


def _graphs(seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds for groups of random uses, ours and by networkx, which gives as many."""
    found: dict[str, dict[str, float]] = {"ours": {}, "networkx": {}}
    rng = np.random.default_rng(seed)
    for size in SIZES:
        edges = _uses(size, rng)
        ours, counted = _timed(lambda edges=edges: len(set(groups(edges)["group_number"].to_pylist())))
        plain, expected = _timed(lambda edges=edges: _networkx(edges))
        if counted != expected:
            raise ValueError(f"{counted} groups of {size} uses, and {expected} by networkx")
        found["ours"][f"accounts.graph_{size // 1000}k_s"] = ours
        found["networkx"][f"accounts.graph_{size // 1000}k_s"] = plain
    return found["ours"], found["networkx"]


def _uses(size: int, rng: np.random.Generator) -> pa.Table:
    """So many uses: things of two to three accounts, each account with about one of them."""
    made = np.unique(np.column_stack([rng.integers(size, size=size), rng.integers(size * 2 // 5, size=size)]), axis=0)
    customers = pa.array([f"customer-{number:08d}" for number in made[:, 0].tolist()])
    kinds = pa.array([KINDS[number % len(KINDS)] for number in made[:, 1].tolist()])
    things = pa.array([f"thing-{number:08d}" for number in made[:, 1].tolist()])
    return pa.table({"customer_id": customers, "kind": kinds, "thing": things})


def _networkx(edges: pa.Table) -> int:
    """How many groups there are by the library most would take."""
    graph = nx.Graph()
    customers = edges["customer_id"].to_pylist()
    for customer, kind, thing in zip(customers, edges["kind"].to_pylist(), edges["thing"].to_pylist(), strict=True):
        graph.add_edge(customer, (kind, thing))
    return nx.number_connected_components(graph)


def _timed(run: Callable[[], int]) -> tuple[float, int]:
    begin = time.perf_counter()
    value = run()
    return time.perf_counter() - begin, value
