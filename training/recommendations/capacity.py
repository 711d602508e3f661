"""How much memory preparing and training take, known before anything is made, and a refusal where there is less.

With n customers, d training dates of at most c customers each, k products ranked per customer, f columns (float32),
s the smaller of customers and products:

- frames: 4 f k · (2 · d · min(n, c) + 2 · n), training rows, and those to hold out and to score, each held twice
- retrieval: 16 s² where s is small enough for EASE, else 8 · `NEIGHBOURS` · products
- blocks: 4 · 4 · `BLOCK` · products, dense scores of some customers

The last two are nothing where the engine finds new products (`cooccurrence`): its memory is its own, and what does not
fit it spills to disk.

What the interpreter takes comes on top (`memory.BASE`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from commerce.families.recommendations import RecommendationsParameters
from training.contract import Source, TrainingError
from training.recommendations import basket_features, memory, response, tables
from training.recommendations.affinity import BLOCK
from training.recommendations.retrieval import MOST_SIDE, NEIGHBOURS


@dataclass(frozen=True, slots=True)
class Size:
    """What the memory depends on."""

    customers: int
    products: int
    parameters: RecommendationsParameters

    def bytes(self) -> int:
        """Peak of preparing and training."""
        own = self.parameters
        ranked = own.own + own.new + own.popular
        taught = own.dates * min(self.customers, own.customers_per_date)
        columns = (*basket_features.KEYS, *basket_features.columns(tables.LEVELS), *response.COLUMNS)
        row = 4 * len(columns)
        frames = row * ranked * (2 * taught + 2 * self.customers)
        if own.retrieval == "cooccurrence":
            return memory.BASE + frames
        side = min(self.customers, self.products)
        retrieval = 16 * side * side if side <= MOST_SIDE else 8 * NEIGHBOURS * self.products
        return memory.BASE + frames + retrieval + 16 * BLOCK * self.products

    def spread(self) -> Size:
        """The same shop where the engine finds new products."""
        return replace(self, parameters=self.parameters.model_copy(update={"retrieval": "cooccurrence"}))


def check(source: Source, as_of: date, parameters: RecommendationsParameters, limit: int | None = None) -> None:
    """TrainingError, saying what to change, where it takes more than `limit` bytes (by default what is available)."""
    lines = tables.interactions(source, as_of, parameters.history_days)
    counted = lines.aggregate(customers=lines.customer_id.nunique(), products=lines.product_id.nunique()).to_pyarrow()
    row = counted.to_pylist()[0]
    size = Size(row["customers"], row["products"], parameters)
    limit = memory.available() if limit is None else limit
    if size.bytes() > limit:
        raise TrainingError(
            f"recommendations need {memory.gib(size.bytes())} for {size.customers:,} customers and {size.products:,} "
            f"products, and may use {memory.gib(limit)}: {_engines_way(size, limit)}run the jobs on a larger instance "
            "([families.recommendations.resources] in the settings), or lower history_days, own, new or popular"
        )


def _engines_way(size: Size, limit: int) -> str:
    """What to do where the engine's own way would fit."""
    spread = size.spread().bytes()
    if spread > limit:
        return ""
    return (
        'set engine = "spark" for the environment, whose machines then find new products (retrieval "cooccurrence") '
        f"and leave {memory.gib(spread)} to this one, or "
    )
