"""The answers of the live versions, from the files that the batch score job wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import ibis
from ibis import _

from campaigns.errors import CampaignError
from campaigns.profile import CUSTOMER
from commerce.campaigns.profile import Kind, score_fields
from lake import Lake
from lake.stores import open_store

_TYPES: dict[Kind, str] = {"double": "DOUBLE", "int": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}


class Scores:
    """Score files of families, as tables of the lake's own engine, which must be DuckDB."""

    def __init__(self, lake: Lake, files: Mapping[str, list[str]]) -> None:
        self._lake = lake
        self._files = files

    @property
    def families(self) -> tuple[str, ...]:
        """Families that have a live version."""
        return tuple(self._files)

    def fields(self, family: str) -> ibis.Table:
        """(customer_id, `family`): what a condition can compare of the family's answers, as a struct."""
        kinds = {f.path.rpartition(".")[2]: _TYPES[f.kind] for f in score_fields() if f.path.split(".")[1] == family}
        struct = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
        return self._read(family, f"STRUCT({struct})")

    def answers(self, family: str) -> ibis.Table:
        """(customer_id, `family`): whole answers with their reasons, as JSON text."""
        return self._read(family, "JSON").mutate(**{family: _[family].cast("string")})

    def _read(self, family: str, kind: str) -> ibis.Table:
        backend: Any = self._lake.backend  # Ibis types the base of all engines, which reads no files
        read = backend.read_json(
            self._files[family], format="newline_delimited", columns={"entity_id": "VARCHAR", "answer": kind}
        )
        return read.select(**{CUSTOMER: read.entity_id, family: read.answer})


@contextmanager
def fetched(lake: Lake, folders: Mapping[str, str]) -> Iterator[Scores]:
    """The score files below `folders` (family → local or s3:// folder), copied to this machine for the while."""
    with TemporaryDirectory() as cache:
        yield Scores(lake, {family: _fetch(family, uri, Path(cache)) for family, uri in folders.items()})


def _fetch(family: str, uri: str, cache: Path) -> list[str]:
    store = open_store(uri, cache)
    parts = {key: tag for key, tag in store.list("").items() if PurePosixPath(key).match("part-*.jsonl")}
    if not parts:
        raise CampaignError(f"there are no scores of {family} at {uri}; run the family's retraining again")
    return [str(store.file(key, tag)) for key, tag in parts.items()]
