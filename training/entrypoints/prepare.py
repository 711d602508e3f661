"""Prepare: curate new events, audit the shop's data, and write the features when it is ready.

Not being ready is a result, not a failure: `readiness.json` says why, and no features are written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, Json

from commerce.readiness import Finding, Readiness
from lake import HeldTables, Lake
from lake.audit import audit
from lake.curate import curate
from training import featureset, frames
from training.contract import ModelFamily, Source, TrainingError
from training.layout import Layout
from training.progress import say
from training.published import WithPublished
from training.registry import model_family

SEED = 0


class Settings(BaseModel):
    """The job's environment variables, without their prefix `SHOPKEEPER_`."""

    model_config = ConfigDict(title="the job's environment (SHOPKEEPER_…)")

    family: str
    as_of: date
    parameters: Json[dict] = Field(default_factory=dict)
    lake: str
    raw: str | None = None
    upstream: Json[dict[str, str]] = Field(default_factory=dict)
    """Families that this one learns from → folder of what their released runs published."""
    engine: str = "duckdb"

    @staticmethod
    def of(environment: Mapping[str, str]) -> Settings:
        """From variables; pydantic.ValidationError names what is missing or wrong."""
        found = {name: environment.get(f"SHOPKEEPER_{name.upper()}") for name in Settings.model_fields}
        return Settings.model_validate({name: value for name, value in found.items() if value})


def run(layout: Layout) -> None:
    """The processing job."""
    prepare(Settings.of(os.environ), layout.produced("readiness"), layout.produced("features"))


def prepare(settings: Settings, readiness_folder: Path, features_folder: Path) -> Readiness:
    """Write `readiness.json` and, when ready, the features."""
    family = model_family(settings.family)
    parameters = family.parameters(settings.parameters)
    lake = Lake.open(settings.lake, engine=settings.engine)
    if settings.raw:
        say("curating new events")
        curate(lake, settings.raw)
    say(f"auditing the lake for {family.spec.name} as of {settings.as_of}")
    readiness = audit(lake, family.spec, settings.as_of, parameters)
    if never := [name for name in family.spec.upstream if name not in settings.upstream]:
        names = ", ".join(never)
        readiness = _unready(
            readiness, family, f"{names}, whose answers are read, was never released: retrain it first"
        )
    if readiness.ready:
        source = WithPublished(HeldTables(lake), settings.upstream)
        try:
            doubts = _write_features(family, source, settings.as_of, parameters, features_folder)
            readiness = readiness.model_copy(update={"findings": [*readiness.findings, *doubts]})
        except TrainingError as error:
            readiness = _unready(readiness, family, str(error))
    (readiness_folder / "readiness.json").write_text(readiness.model_dump_json(indent=2))
    say("ready" if readiness.ready else "not ready: " + "; ".join(f.message for f in readiness.errors))
    return readiness


def _write_features(
    family: ModelFamily, source: Source, as_of: date, parameters: BaseModel, folder: Path
) -> list[Finding]:
    """And what may be wrong with the data they are made of."""
    resolved = family.resolve(source, as_of, parameters)
    say(f"parameters: {json.dumps(resolved.model_dump(mode='json'))}")
    dates = family.dates(source, as_of, resolved)
    built = frames.build(family, source, dates, resolved, SEED, say)
    featureset.write(folder, built, dates, family.spec.name, resolved)
    featureset.write_context(folder, family.context(source, as_of, resolved))
    say(f"{len(built.train):,} rows to learn from, {len(built.holdout):,} held out, {len(built.score):,} to score")
    table = family.spec.reads(resolved)[0]
    return [
        Finding(severity="warning", check="implausible", table=table, message=doubt)
        for doubt in family.doubts(source, as_of, resolved)
    ]


def _unready(readiness: Readiness, family: ModelFamily, reason: str) -> Readiness:
    """What only shows when features are made, such as a history too short for the horizon, is a finding like others."""
    table = next((f.table for f in readiness.facts), family.spec.name)
    finding = Finding(severity="error", check="insufficient", table=table, message=reason)
    return readiness.model_copy(update={"ready": False, "findings": [finding, *readiness.findings]})
