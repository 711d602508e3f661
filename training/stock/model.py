"""What is learned of stock, lead times and how forecasts err, as a model behind the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from commerce.families.stock import StockAdvice
from commerce.families.stock.parameters import StockParameters
from training.contract import AS_OF, ENTITY, Model, Saved, TrainingError
from training.stock.answers import advice
from training.stock.decisions import decide
from training.stock.dependence import Dependence
from training.stock.features import FIELDS, KEYS, TERMS
from training.stock.leadtimes import LeadTimes
from training.stock.terms import Policy

_FILE = "stock.json"
_STATE = ("on_hand", "on_order", "due_in_days")
_LEVELS = ("reorder_point", "order_up_to")
_CURRENCY_UNKNOWN = "units of money"


@dataclass(frozen=True)
class StockModel(Model):
    """`metrics` describe what was learned."""

    parameters: StockParameters
    lead_times: LeadTimes
    dependence: Dependence
    metrics: dict[str, float] = field(default_factory=dict)

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """(rows, 2) units: reorder point and order-up-to position of the row's product and location."""
        decided = self.decided(frame).set_index(["product_id", "location_id"])[list(_LEVELS)]
        series = pd.MultiIndex.from_arrays([frame[ENTITY], frame["location_id"]])
        return decided.reindex(series).to_numpy(dtype=np.float64)

    def decided(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A row of `decisions.COLUMNS` per product and location of rows that are all as of one day.

        TrainingError where the rows lack something, or are of several days.
        """
        if missing := {*KEYS, AS_OF, *(f.name for f in FIELDS)} - set(frame.columns):
            raise TrainingError(f"the rows lack {', '.join(sorted(missing))}: prepare the features of stock again")
        if len(set(frame[AS_OF])) > 1:
            raise TrainingError("stock is decided for one day at a time: the rows are as of several")
        rows = frame.rename(columns={ENTITY: "product_id"})
        return decide(
            rows,
            rows.drop_duplicates(["product_id", "location_id"]).reindex(columns=["product_id", "location_id", *_STATE]),
            rows.drop_duplicates("product_id").reindex(columns=["product_id", *TERMS]),
            self.lead_times,
            policy(self.parameters),
            today=_day(frame[AS_OF].iloc[0]),
            dependence=self.dependence,
        )

    def answers(self, frame: pd.DataFrame) -> Sequence[StockAdvice]:
        """One piece of advice per row, as if every period to come were like the row's own."""
        return [self._alone(frame.iloc[i : i + 1]) for i in range(len(frame))]

    def published(self, frame: pd.DataFrame) -> Iterator[tuple[str, StockAdvice]]:
        """Advice per product, with all its locations. All are decided together: they share a budget."""
        decided = self.decided(frame)
        starts = [_day(start) for start in sorted(frame["starts_on"].unique())]
        for product, rows in decided.groupby("product_id", sort=True):
            yield str(product), advice(rows, starts, frame[AS_OF].iloc[0], self.parameters.currency)

    def save(self, folder: Path) -> Saved:
        """Native files: `stock.json`."""
        lead_times = asdict(self.lead_times)
        lead_times["everyone"] = self.lead_times.everyone.tolist()
        lead_times["by_supplier"] = {name: days.tolist() for name, days in self.lead_times.by_supplier.items()}
        learned = {"lead_times": lead_times, "dependence": asdict(self.dependence)}
        (folder / _FILE).write_text(json.dumps(learned, indent=1))
        judged = "judged by plain forecasts of the time: what demand would have forecast then is not kept"
        return Saved(list(FIELDS), self.metrics, [judged, *self.lead_times.notes])

    @staticmethod
    def load(folder: Path, parameters: StockParameters) -> StockModel:
        """What `save` wrote."""
        learned: dict[str, Any] = json.loads((folder / _FILE).read_text())
        times: dict[str, Any] = learned["lead_times"]
        by_supplier = {name: np.array(days) for name, days in times["by_supplier"].items()}
        arrays = {"everyone": np.array(times["everyone"]), "by_supplier": by_supplier, "notes": tuple(times["notes"])}
        return StockModel(parameters, LeadTimes(**times | arrays), Dependence(**learned["dependence"]))

    def _alone(self, row: pd.DataFrame) -> StockAdvice:
        first = _day(row["starts_on"].iloc[0])
        later = row.assign(step=2, starts_on=pd.Timestamp(first + timedelta(days=int(row["days"].iloc[0]))))
        asked = pd.concat([row.assign(step=1), later]).assign(**{AS_OF: first})
        ((_, answer),) = self.published(asked)
        return answer.model_copy(update={"as_of": row[AS_OF].iloc[0]})


def _day(value: Any) -> date:
    """A day, as which frames hold dates in several types."""
    return cast(date, pd.Timestamp(value).date())


def policy(parameters: StockParameters) -> Policy:
    """The shop's rule; everything but the lead time, which is learned."""
    return Policy(
        currency=parameters.currency or _CURRENCY_UNKNOWN,
        review_days=parameters.review_days,
        service_level=parameters.service_level,
        holding_rate=parameters.holding_rate,
        shortage_share=parameters.shortage_share,
        ordering_cost=parameters.ordering_cost,
        spoilage_share=parameters.spoilage_share,
        budget=parameters.budget,
        cost_share=parameters.cost_share,
        elasticity=parameters.elasticity,
    )
