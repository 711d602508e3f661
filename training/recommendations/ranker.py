"""A learned order of candidates on LightGBM's trees, kept as LightGBM's own text.

Pointwise (`binary`: the probability of a purchase) or listwise (`lambdarank`: LambdaMART, Burges 2010).
A probability can be shown; where both were compared, neither ordered better beyond noise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import lightgbm
import numpy as np
import pandas as pd

Objective = Literal["binary", "lambdarank"]
ROUNDS = 200
PARAMETERS = {
    "lambdarank_truncation_level": 15,
    "learning_rate": 0.05,
    "num_leaves": 31,
    "max_bin": 63,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Ranker:
    """`columns` are the features, in the trees' order."""

    booster: lightgbm.Booster
    columns: tuple[str, ...]

    @staticmethod
    def fit(
        frame: pd.DataFrame,
        columns: Sequence[str],
        label: str,
        group: Sequence[str],
        seed: int,
        *,
        objective: Objective = "lambdarank",
        rounds: int = ROUNDS,
        threads: int = 1,
    ) -> Ranker:
        """Learn from candidates (a row each, `label` 1 where bought, else 0) to order those of one `group`.

        `group` names columns, such as as-of date and customer. ValueError when no group holds both outcomes: nothing
        could be learned from such rows. The same rows and seed give the same model, whatever `threads`.
        """
        rows = frame.sort_values(list(group), kind="stable")
        grouped = rows.groupby(list(group), sort=False)[label]
        sizes, positives = np.asarray(grouped.size()), np.asarray(grouped.sum())
        if not np.any((positives > 0) & (positives < sizes)):
            raise ValueError(f"none of {len(sizes)} groups holds candidates both bought and not bought")
        data = lightgbm.Dataset(
            rows[list(columns)].to_numpy(dtype=np.float32),
            rows[label].to_numpy(),
            group=sizes,
            feature_name=list(columns),
        )
        own = {"objective": objective, "seed": seed, "num_threads": threads}
        booster = lightgbm.train(PARAMETERS | own, data, num_boost_round=rounds)
        return Ranker(booster, tuple(columns))

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        """One number per row, higher is earlier; ValueError naming the columns that are missing."""
        if missing := [name for name in self.columns if name not in frame.columns]:
            raise ValueError(f"the candidates lack {', '.join(missing)}")
        if frame.empty:
            return np.zeros(0)
        return np.asarray(self.booster.predict(frame[list(self.columns)].to_numpy(dtype=np.float32)))

    def save(self, folder: Path, name: str) -> None:
        """`<name>.txt`, LightGBM's text, and `<name>.json`, the columns."""
        self.booster.save_model(folder / f"{name}.txt")
        (folder / f"{name}.json").write_text(json.dumps({"columns": self.columns}, indent=1))

    @staticmethod
    def load(folder: Path, name: str) -> Ranker:
        """What `save` wrote."""
        columns = json.loads((folder / f"{name}.json").read_text())["columns"]
        return Ranker(lightgbm.Booster(model_file=folder / f"{name}.txt"), tuple(columns))
