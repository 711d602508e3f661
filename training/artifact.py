"""Model artifacts: a folder of native files with `model.json`, as it travels in `model.tar.gz`."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from commerce.model import DataWindow, ModelCard
from training.contract import Model, ModelFamily, TrainingError
from training.registry import model_family

CARD = "model.json"
ARCHIVE = "model.tar.gz"


@dataclass(frozen=True)
class Artifact:
    """A loaded model with what it says of itself."""

    card: ModelCard
    family: ModelFamily
    parameters: BaseModel
    model: Model


def write(
    folder: Path, family: ModelFamily, model: Model, *, as_of: date, parameters: BaseModel, window: DataWindow
) -> ModelCard:
    """Save `model` into `folder` (made if need be) and describe it in `model.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = model.save(folder)
    files = {p.relative_to(folder).as_posix(): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    files.pop(CARD, None)
    card = ModelCard(
        family=family.spec.name,
        format=family.format,
        created_at=datetime.now(UTC),
        as_of=as_of,
        code_version=code_version(),
        features=saved.features,
        window=window,
        parameters=parameters.model_dump(mode="json"),
        metrics=saved.metrics,
        files=files,
        notes=saved.notes,
    )
    (folder / CARD).write_text(card.model_dump_json(indent=2))
    return card


def read(place: Path) -> Artifact:
    """Load a folder, or a folder or path of `model.tar.gz`. TrainingError when it is damaged or of another format."""
    with unpacked(place) as folder:
        return _load(folder)


@contextmanager
def unpacked(place: Path) -> Iterator[Path]:
    """The folder `place` itself, or one that holds what is in its `model.tar.gz` for as long as the block runs."""
    archive = place / ARCHIVE if place.is_dir() else place
    if not archive.is_file():
        yield place
        return
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(scratch, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise TrainingError(f"{archive.name} cannot be unpacked: {error}") from error
        yield Path(scratch)


@cache
def code_version() -> str:
    """Hash of the sources that learn and answer, so that a model tells which code made it, with or without git."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    for room in ("commerce", "lake", "training"):
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _load(folder: Path) -> Artifact:
    if not (folder / CARD).is_file():
        raise TrainingError(f"there is no {CARD} in the model artifact: it is not one of a Shopkeeper family")
    try:
        card = ModelCard.model_validate_json((folder / CARD).read_bytes())
    except ValidationError as error:
        raise TrainingError(f"{CARD} does not describe a model: {error}") from error
    for name, expected in card.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file() or _sha256(path) != expected:
            raise TrainingError(f"the file {name} of the model artifact is damaged or missing; train it again")
    family = model_family(card.family)
    if card.format != family.format:
        raise TrainingError(
            f"the artifact has the format {card.format}, this version reads {family.format}; train it again"
        )
    parameters = family.parameters(card.parameters)
    return Artifact(card, family, parameters, family.load(folder, parameters))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
