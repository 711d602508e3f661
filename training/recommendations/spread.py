"""The frame of `basket_features`, made by the engine that the purchases are on: only what is asked for comes here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
import pandas as pd
from ibis import _

from lake.keeping import keeping
from training.recommendations import basket_features, buy_again, cooccurrence
from training.recommendations.candidates import Limits


def features(
    interactions: ibis.Table,
    attributes: ibis.Table,
    levels: Sequence[str],
    as_of: datetime,
    limits: Limits,
    most: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """As `basket_features.features`, with the candidates of `cooccurrence`; `most` draws other customers than there.

    What the engine kept on the way is dropped at the end.
    """
    with keeping() as hold:
        bought = hold(buy_again.purchases(interactions, as_of))
        only = None if most is None else drawn(bought, most, seed)
        found = hold(cooccurrence.candidates(bought, limits, hold, only))
        return basket_features.surrounded(found, bought, attributes, levels, hold).to_pandas()


def drawn(bought: ibis.Table, most: int, seed: int) -> ibis.Table:
    """(customer_id) of at most `most` customers at random: those whose ids, salted with the seed, hash lowest.

    The same on every engine and for every order of the rows.
    """
    customers = bought.select("customer_id").distinct()
    return customers.order_by(_.customer_id.concat(f":{seed}").hexdigest("md5")).limit(most)
