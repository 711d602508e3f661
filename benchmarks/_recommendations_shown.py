"""What exposures teach, in a simulation: the truth is known there, and no public data has customers and products of a
shop with logged propensities.

Assumptions. A customer has 100 candidate products with eight features. What they would buy anyway follows three of
them, and the rankers know it exactly. Once shown, a product is taken by 0.7 of those log-odds and by what two other
features and one of the first say together; a place costs 0.8 of log2(1 + place). Logged: ten products per customer,
each place given by chance among the best 50 with a probability of 0.2, else to the best by the rankers; propensities
are the exact probabilities that a product was shown there. Takes are drawn.

Judged on other customers by the expected takes of the ten products put first, each at its place, as a share of what an
order by the true chances would get. Ours is `training.recommendations.response` as the family calls it. Floors: the
rankers' order; a default LightGBM on the exposures alone; and the same learner without places, and with weights of one
over the whole propensity. How much a row may weigh was chosen on shops of another seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd

from benchmarks.harness import Result
from training.recommendations import response

SIZES = (500, 2_000, 8_000)
JUDGED = 2_000
REPEATS = 10
CANDIDATES, SHOWN, POOL, EXPLORED = 100, 10, 50, 0.2
FEATURES = tuple(f"x{i}" for i in range(8))
_PLACE_COST = 0.8


@dataclass(frozen=True)
class Shop:
    """Arrays (customers, candidates): features, log-odds of buying anyway, log-odds of taking at place 1."""

    features: np.ndarray
    habit: np.ndarray
    taking: np.ndarray

    @staticmethod
    def drawn(rng: np.random.Generator, customers: int) -> Shop:
        """By the assumptions above."""
        x = rng.normal(size=(customers, CANDIDATES, len(FEATURES))).astype(np.float32)
        habit = -3.0 + x[..., 0] + 0.7 * x[..., 1] + 0.5 * x[..., 2]
        moved = 1.2 * np.where(x[..., 3] > 0.5, 1.0, -0.3) + 0.8 * x[..., 4] * (x[..., 0] < 0)
        return Shop(x, habit, -1.0 + 0.7 * habit + moved)

    def rows(self, customer: np.ndarray, product: np.ndarray) -> pd.DataFrame:
        """The features of some candidates."""
        frame = pd.DataFrame(self.features[customer, product], columns=list(FEATURES))
        return frame.assign(entity_id=np.char.add("c", customer.astype(str)))


def measure(seed: int) -> Result:
    """Shares of the best possible takes by number of customers whose exposures were learned from."""
    figures: dict[str, float | int | None] = {}
    floors: dict[str, dict[str, float]] = {}
    notes = []
    for customers in SIZES:
        drawn = [_once(np.random.default_rng([seed, customers, repeat]), customers) for repeat in range(REPEATS)]
        key = f"shown.share_of_best_{customers}"
        for name in drawn[0]:
            values = np.array([each[name] for each in drawn])
            if name == "ours":
                figures[key] = float(values.mean())
                half = 1.96 * values.std(ddof=1) / np.sqrt(REPEATS)
                notes.append(f"{key}: {values.mean():.4f} ± {half:.4f} over {REPEATS} simulated shops")
            else:
                floors.setdefault(name, {})[key] = float(values.mean())
    return Result(figures, floors, notes=notes)


def _once(rng: np.random.Generator, customers: int) -> dict[str, float]:
    shop, other = Shop.drawn(rng, customers), Shop.drawn(rng, JUDGED)
    rows, ranked = _logged(rng, shop)
    seed = int(rng.integers(2**31))
    every = np.divmod(np.arange(JUDGED * CANDIDATES), CANDIDATES)
    asked, habit = other.rows(*every), _chance(other.habit).ravel()
    plain = lightgbm.LGBMClassifier(random_state=seed, n_jobs=1, verbose=-1)
    plain.fit(rows[list(FEATURES)].to_numpy(), rows["taken"].to_numpy())
    scores = {
        "rankers": habit,
        "lightgbm_default": np.asarray(plain.predict_proba(asked[list(FEATURES)].to_numpy()))[:, 1],
        "without_places": _learned(rows.assign(place=1.0), ranked, seed, asked, habit),
        "whole_propensities": _learned(rows, ranked, seed, asked, habit, most_weight=math.inf),
        "ours": _learned(rows, ranked, seed, asked, habit),
    }
    best = _takes(other, other.taking)
    return {name: _takes(other, value.reshape(JUDGED, CANDIDATES)) / best for name, value in scores.items()}


def _learned(
    rows: pd.DataFrame,
    ranked: np.ndarray,
    seed: int,
    asked: pd.DataFrame,
    habit: np.ndarray,
    most_weight: float = response.MOST_WEIGHT,
) -> np.ndarray:
    """Chances by what was learned; the rankers' where nothing was."""
    learned, _metrics = response.learn(rows, ranked, FEATURES, seed, most_weight=most_weight)
    return habit if learned is None else learned.chances(asked, habit)


def _logged(rng: np.random.Generator, shop: Shop) -> tuple[pd.DataFrame, np.ndarray]:
    """Exposures of every customer, and the rankers' chances of them."""
    customer, product, place, propensity = [], [], [], []
    for who, order in enumerate(np.argsort(-shop.habit, axis=1)):
        left = order[:POOL].tolist()
        for nth in range(1, SHOWN + 1):
            by_chance = rng.random() < EXPLORED
            pick = int(rng.integers(len(left))) if by_chance else 0
            propensity.append(EXPLORED / len(left) + (1 - EXPLORED) * (pick == 0))
            product.append(left.pop(pick))
            customer.append(who)
            place.append(nth)
    at = np.array(customer), np.array(product)
    odds = shop.taking[at] - _PLACE_COST * (np.log2(1 + np.array(place)) - 1)
    taken = (rng.random(len(odds)) < _chance(odds)).astype(float)
    rows = shop.rows(*at).assign(place=np.array(place, dtype=float), propensity=propensity, taken=taken)
    return rows, _chance(shop.habit[at])


def _takes(shop: Shop, scores: np.ndarray) -> float:
    """Expected takes per customer of the ten products with the largest scores."""
    first = np.argsort(-scores, axis=1, kind="stable")[:, :SHOWN]
    odds = np.take_along_axis(shop.taking, first, axis=1) - _PLACE_COST * (np.log2(np.arange(SHOWN) + 2.0) - 1)
    return float(_chance(odds).sum(axis=1).mean())


def _chance(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))
