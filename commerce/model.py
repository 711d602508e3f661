"""What a model artifact says of itself: `model.json`, beside the model's native files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class FeatureField(BaseModel):
    """One input of the model."""

    name: str
    type: str
    doc: str = ""


class DataWindow(BaseModel):
    """Which part of the shop's history the model learned from."""

    first_as_of: date
    last_as_of: date
    rows: int
    entities: int


class ModelCard(BaseModel):
    """Schema, data window, parameters, metrics and code version of an artifact.

    `files` maps each native file's name to its sha256, so that a damaged artifact is refused before it is used.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    family: str
    format: str = Field(description="name and version of the family's own layout of native files, such as churn/1")
    created_at: datetime
    as_of: date
    code_version: str
    features: list[FeatureField]
    window: DataWindow
    parameters: dict[str, Any]
    metrics: dict[str, float] = Field(default_factory=dict, description="on validation dates inside the data window")
    files: dict[str, str]
    notes: list[str] = Field(default_factory=list)
