"""One lake and one fitted model of the made-up shop, shared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

from lake import HeldTables, Lake
from tests.training.demand import shop
from training import frames
from training.demand import FAMILY_MODEL
from training.demand.model import DemandModel


@dataclass(frozen=True)
class Run:
    """Frames of the shop as of `shop.AS_OF`, and the model of its training rows."""

    parameters: BaseModel
    train: pd.DataFrame
    holdout: pd.DataFrame
    score: pd.DataFrame
    model: DemandModel


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of the shop's lake. Read only."""
    made = tmp_path_factory.mktemp("demand")
    shop.write(made, shop.records())
    return made


@pytest.fixture(scope="session")
def run(root: Path) -> Run:
    """What is learned from the shop by weeks, four ahead, from every fourth origin to save time."""
    parameters = FAMILY_MODEL.parameters({"horizon": 4})
    source = HeldTables(Lake.open(root))
    cut = FAMILY_MODEL.dates(source, shop.AS_OF, parameters)
    cut = type(cut)(cut.train[::4], cut.holdouts, cut.score)
    built = frames.build(FAMILY_MODEL, source, cut, parameters, seed=0)
    model = FAMILY_MODEL.fit(built.train, parameters, seed=0)
    return Run(parameters, built.train, built.holdout, built.score, model)
