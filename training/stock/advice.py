"""What the sampled paths say of some series' stock: from forecast to order, and the figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from training.stock.markdown import markdown
from training.stock.needs import Holdings, Leads, lost_by
from training.stock.ordering import Orders, order
from training.stock.paths import Paths
from training.stock.risk import by_period, days_of_cover, unsold
from training.stock.targets import cost
from training.stock.terms import Policy, Terms

SIZES = 9
"""Quantities between nothing and the whole order whose effect is known."""
_USUALLY = (0.1, 0.9)


@dataclass(frozen=True)
class Effect:
    """(series,) what so many units more do: loss avoided, stock on hand then, chance to run out all the same."""

    worth: np.ndarray
    on_hand: np.ndarray
    chance: np.ndarray


@dataclass(frozen=True)
class Advice:
    """(series,) each but for those said otherwise; units, days, money."""

    quantity: np.ndarray
    reorder: np.ndarray
    upto: np.ndarray
    safety: np.ndarray
    reorder_in: np.ndarray
    """Days until the position is expected to reach the reorder point."""
    chance: np.ndarray
    """Of running out before an order of the next review arrives, if nothing is ordered; `missing` units then."""
    missing: np.ndarray
    risk: np.ndarray
    """(series, steps), see `risk.by_period`."""
    cover: np.ndarray
    lost: np.ndarray
    """(series, paths) units that are missing before an order placed now arrives."""
    need: np.ndarray
    """Units that are worth having from elsewhere until then."""
    surplus: np.ndarray
    """Units on hand beyond the order-up-to position."""
    overstock: np.ndarray
    markdown: np.ndarray
    recovered: np.ndarray
    lead_low: np.ndarray
    lead_high: np.ndarray
    sizes: np.ndarray
    """(series, sizes) units that might be added, of which `benefits`, `stocks` and `chances` are the effects."""
    benefits: np.ndarray
    stocks: np.ndarray
    chances: np.ndarray

    @staticmethod
    def joined(parts: Sequence[Advice]) -> Advice:
        """All series of the parts."""
        return Advice(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Advice)})

    def effect(self, added: np.ndarray) -> Effect:
        """Of so many units more, between sizes on the line."""
        curves = (self.benefits, self.stocks, self.chances)
        return Effect(
            *(np.array([np.interp(*each) for each in zip(added, self.sizes, curve, strict=True)]) for curve in curves)
        )


def advise(paths: Paths, mean: np.ndarray, holdings: Holdings, leads: Leads, terms: Terms, policy: Policy) -> Advice:
    """Of series whose expected demand per period is `mean` (series, steps)."""
    orders = order(paths, holdings, leads, terms, policy)
    needed, target, position = orders.needed, orders.targets, holdings.position
    later = np.maximum(policy.review_days + leads.later, leads.now)
    missing = lost_by(later, paths, holdings, leads)
    over = np.where(
        position > target.upto, np.minimum(unsold(paths, holdings, terms.life), position - target.upto), 0.0
    )
    cut, recovered = markdown(paths, holdings.on_hand, terms, policy)
    need = _need(needed.lost, orders)
    return Advice(
        quantity=orders.quantity,
        reorder=target.reorder,
        upto=target.upto,
        safety=target.reorder - needed.by[1].mean(axis=1),
        reorder_in=np.where(
            target.reorder > 0,
            days_of_cover(mean, np.maximum(position - target.reorder, 0), paths.days, paths.elapsed),
            np.inf,
        ),
        chance=(missing > 0).mean(axis=1),
        missing=missing.mean(axis=1),
        risk=by_period(paths, holdings, leads),
        cover=days_of_cover(mean, holdings.on_hand, paths.days, paths.elapsed),
        lost=needed.lost.astype(np.float32),
        need=need,
        surplus=np.maximum(holdings.on_hand - np.maximum(target.upto, 0.0), 0.0),
        overstock=np.floor(over),
        markdown=np.where(over >= 1, cut, 0.0),
        recovered=np.where(over >= 1, recovered, 0.0),
        lead_low=np.quantile(leads.now, _USUALLY[0], axis=1),
        lead_high=np.quantile(leads.now, _USUALLY[1], axis=1),
        **_effects(orders, position, np.maximum(orders.quantity, np.ceil(need)), terms),
    )


def _need(lost: np.ndarray, orders: Orders) -> np.ndarray:
    """The units whose last one is as likely missing as is worth holding a unit for a review."""
    economy = orders.economy
    ratio = economy.shortage / np.maximum(economy.shortage + economy.holding, 1e-12)
    ranked = np.sort(lost, axis=1)
    last = np.clip(np.ceil(ratio * lost.shape[1]).astype(np.int64) - 1, 0, lost.shape[1] - 1)
    return np.take_along_axis(ranked, last[:, None], axis=1)[:, 0]


def _effects(orders: Orders, position: np.ndarray, most: np.ndarray, terms: Terms) -> dict[str, np.ndarray]:
    """`sizes`, which can be ordered, and their effects until an order of the next review arrives."""
    needed, economy = orders.needed, orders.economy
    sizes = np.stack([terms.rounded(most * k / (SIZES - 1)) for k in range(SIZES)], axis=1)
    nothing = cost(position, needed, economy, 1)
    found: dict[str, list[np.ndarray]] = {"benefits": [], "stocks": [], "chances": []}
    for size in sizes.T:
        has = (position + size)[:, None]
        found["benefits"].append(nothing - cost(position + size, needed, economy, 1))
        found["stocks"].append(np.maximum(has - needed.by[:2], 0.0).mean(axis=(0, 2)))
        found["chances"].append(((needed.by[1] > has) | (needed.lost > 0)).mean(axis=1))
    return {"sizes": sizes} | {name: np.stack(values, axis=1) for name, values in found.items()}
