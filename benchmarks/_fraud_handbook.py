"""The *Fraud Detection Handbook*'s card payments by the Handbook's own protocol (Y.-A. Le Borgne and others, 2022).

Four folds: seven days to learn from, seven days until their labels are known, seven days to judge by; the newest fold
learns from 15 August 2018, each other a week earlier. Of a day to judge by, customers are left out who were known as
compromised: by a fraud in the days that are learned from, or by one of the days until the label delay before that day.
Floors learn from the Handbook's own fifteen features of the same payments.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import lightgbm
import numpy as np
import pandas as pd

from benchmarks._fraud_floors import floors
from benchmarks.harness import Result, data_file, hashes
from commerce.assessments.parameters import AssessmentParameters
from commerce.streams.windows import DAY, SECOND
from lake import HeldTables, Lake
from lake.loaders import fraud_handbook
from training.assessing import rows
from training.assessing.learning import design, learned
from training.assessing.metrics import card_precision, expected_calibration_error
from training.assessing.model import AssessingModel
from training.contract import ENTITY, LABEL
from training.fraud import FAMILY_MODEL
from training.metrics import average_precision, bootstrap, roc_auc
from training.streaming.batch import AT

NEWEST = date(2018, 8, 15)
"""First day that the newest fold learns from."""
FOLDS = 4
DAYS = 7
LONGER = 28
"""Days that are learned from where more are allowed than the protocol does."""
FIRST = NEWEST - timedelta(days=DAYS * (FOLDS - 1) + LONGER - DAYS)
END = NEWEST + timedelta(days=3 * DAYS)
TOP = 100
_ASSESSMENT = FAMILY_MODEL.assessment
BOOK = """
SELECT CAST(TRANSACTION_ID AS VARCHAR) AS entity_id, TX_AMOUNT,
    CAST(dayofweek(TX_DATETIME) IN (0, 6) AS INTEGER) AS at_weekend,
    CAST(hour(TX_DATETIME) <= 6 AS INTEGER) AS at_night,
    {customer}, {terminal}
FROM payments
"""


@dataclass(frozen=True)
class Fold:
    """Rows to learn from and to judge by, as masks of the frame."""

    train: np.ndarray
    test: np.ndarray


def measure(seed: int) -> Result:
    """AUC, average precision and card precision, ours and the floors', means over the folds."""
    path = data_file("fraud_handbook.parquet")
    frame = _frame(path)
    parameters = AssessmentParameters()
    folds = list(_folds(frame, DAYS))
    found: dict[str, list[dict[str, float]]] = {}
    errors: list[float] = []
    judged: list[tuple[np.ndarray, np.ndarray]] = []
    for fold in folds:
        train, test = (frame.iloc[np.flatnonzero(mask)] for mask in (fold.train, fold.test))
        outcome = train[LABEL].to_numpy()
        predicted = _ours(train, parameters, seed).predict(test)
        known, asked = (part[_BOOK_NAMES].to_numpy(dtype=float) for part in (train, test))
        own = lightgbm.LGBMClassifier(verbose=-1, n_jobs=2, random_state=seed).fit(design(train, _ASSESSMENT), outcome)
        contenders = floors(known, outcome, asked, seed) | {
            "lightgbm_default_our_features": np.asarray(own.predict_proba(design(test, _ASSESSMENT)))[:, 1],
            "ours": predicted,
        }
        for name, each in contenders.items():
            found.setdefault(name, []).append(_metrics(test, each))
        errors.append(expected_calibration_error(test[LABEL].to_numpy(), predicted))
        judged.append((test[LABEL].to_numpy(), predicted))
    longer = []
    for fold in _folds(frame, LONGER):
        train, test = (frame.iloc[np.flatnonzero(mask)] for mask in (fold.train, fold.test))
        longer.append(_metrics(test, _ours(train, parameters, seed).predict(test)))
    means = {name: _mean(each) for name, each in found.items()}
    figures: dict[str, float | int | None] = {f"handbook.{k}": v for k, v in means.pop("ours").items()}
    figures["handbook.calibration_error"] = float(np.mean(errors))
    figures |= {f"handbook.{LONGER}_days_{k}": v for k, v in _mean(longer).items()}
    outcome, predicted = (np.concatenate(each) for each in zip(*judged, strict=True))
    spread = bootstrap(_both, outcome, {"ours": predicted}, seed)["ours"]
    return Result(
        figures,
        {name: {f"handbook.{k}": v for k, v in each.items()} for name, each in means.items()},
        hashes(path),
        [
            f"handbook: {FOLDS} folds of {DAYS} days, {len(outcome):,} payments judged, {int(outcome.sum()):,} frauds; "
            "95 % intervals of ours over all folds together: "
            + ", ".join(f"{name} {value.low:.3f}-{value.high:.3f}" for name, value in spread.items()),
            f"handbook.{LONGER}_days_…: ours after learning from {LONGER} days, which the protocol does not allow",
            "published: LR .868/.623/.297, random forest .870/.678/.299, XGBoost .869/.687/.303, neural network "
            ".876/.675/.303 (AUC, average precision, card precision@100)",
        ],
    )


def events(path: Path, folder: Path, first: date, last: date) -> Any:
    """Payments of these days as the family reads them out of a lake that the loader wrote into `folder`."""
    lake = Lake.open(folder)
    fraud_handbook.load(lake, path, first=first, last=last)
    return FAMILY_MODEL.events(HeldTables(lake), AssessmentParameters())


def _frame(path: Path) -> pd.DataFrame:
    """A row per payment of all folds' days: our features, the Handbook's, and its label whenever it became known."""
    days = (END - FIRST).days
    with tempfile.TemporaryDirectory() as scratch:
        found = events(path, Path(scratch), FIRST - timedelta(days=DAY.kept), END - timedelta(days=1))
        ours = rows.rows(found, _ASSESSMENT, END, days, AssessmentParameters().label_delay_days)
        truth = found.select(found["event_id"], found["customer_id"], found["fraud"])
        frame = ours.join(truth, ours[ENTITY] == truth["event_id"]).drop("event_id").to_pandas()
    frame = frame.rename(columns={"fraud": LABEL}).astype({LABEL: float})
    frame = frame.merge(_book(path), on=ENTITY, validate="one_to_one")
    numbers = {"day": frame[AT] // (DAY.seconds * SECOND), "customer": pd.factorize(frame["customer_id"])[0]}
    frame = pd.concat([frame, pd.DataFrame(numbers)], axis=1)
    return frame.sort_values([AT, ENTITY], ignore_index=True)


def _book(path: Path) -> pd.DataFrame:
    """The Handbook's features, over windows of days that end with the payment itself."""
    customer = [
        text
        for days in (1, 7, 30)
        for text in (
            f"count(*) OVER c{days} AS customer_payments_{days}",
            f"avg(TX_AMOUNT) OVER c{days} AS customer_mean_{days}",
        )
    ]
    terminal = [
        text
        for days in (1, 7, 30)
        for text in (
            f"count(*) OVER t{days} AS terminal_payments_{days}",
            f"coalesce(sum(TX_FRAUD) OVER t{days} / nullif(count(*) OVER t{days}, 0), 0) AS terminal_risk_{days}",
        )
    ]
    windows = [
        f"c{days} AS (PARTITION BY CUSTOMER_ID ORDER BY TX_DATETIME RANGE BETWEEN INTERVAL {days} DAYS PRECEDING AND "
        "CURRENT ROW), "
        f"t{days} AS (PARTITION BY TERMINAL_ID ORDER BY TX_DATETIME RANGE BETWEEN INTERVAL {days + DAYS} DAYS "
        f"PRECEDING AND INTERVAL {DAYS} DAYS PRECEDING)"
        for days in (1, 7, 30)
    ]
    with duckdb.connect() as connection:
        connection.from_parquet(str(path)).create_view("payments")
        query = BOOK.format(customer=", ".join(customer), terminal=", ".join(terminal)) + "WINDOW " + ", ".join(windows)
        return connection.execute(query).df()


_BOOK_NAMES = [
    "TX_AMOUNT",
    "at_weekend",
    "at_night",
    *(f"customer_{what}_{days}" for days in (1, 7, 30) for what in ("payments", "mean")),
    *(f"terminal_{what}_{days}" for days in (1, 7, 30) for what in ("payments", "risk")),
]


def _folds(frame: pd.DataFrame, days: int) -> Iterator[Fold]:
    for number in range(FOLDS):
        begin = NEWEST - timedelta(days=DAYS * number)
        learn, known, judge = (_day(begin + timedelta(days=DAYS * n)) for n in (1, 1, 2))
        day = frame["day"].to_numpy()
        train = (day >= learn - days) & (day < learn)
        fraud = frame[LABEL].to_numpy() == 1
        customer = frame["customer"].to_numpy()
        test = np.zeros(len(frame), dtype=bool)
        for offset in range(DAYS):
            seen = fraud & (day >= learn - DAYS) & (day < known + offset)
            compromised = np.unique(customer[seen])
            test |= (day == judge + offset) & ~np.isin(customer, compromised)
        yield Fold(train, test)


def _day(of: date) -> int:
    return rows.start(of) // (DAY.seconds * SECOND)


def _ours(train: pd.DataFrame, parameters: AssessmentParameters, seed: int) -> AssessingModel:
    portable = learned(train, _ASSESSMENT, parameters, seed, FAMILY_MODEL.trees(int(train[LABEL].to_numpy().sum())))
    return AssessingModel(FAMILY_MODEL.spec, portable, parameters)


def _metrics(test: pd.DataFrame, predicted: np.ndarray) -> dict[str, float]:
    outcome = test[LABEL].to_numpy()
    day, card = test["day"].to_numpy(), test["customer"].to_numpy()
    return _both(outcome, predicted) | {f"card_precision_at_{TOP}": card_precision(day, card, outcome, predicted, TOP)}


def _both(outcome: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {"auc": roc_auc(outcome, predicted), "ap": average_precision(outcome, predicted)}


def _mean(folds: list[dict[str, float]]) -> Mapping[str, float]:
    return {name: float(np.mean([fold[name] for fold in folds])) for name in folds[0]}
