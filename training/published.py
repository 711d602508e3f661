"""What other families published, as tables beside the lake's: how one family learns from another's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis
import pyarrow as pa
from pydantic import TypeAdapter

from commerce.runs import SCORES_MANIFEST
from commerce.scores import Chunk, StoredScore
from lake.stores import Store, open_store
from training.contract import Source, TrainingError

_STORED = "stored"
_MANIFEST = TypeAdapter(list[Chunk])


class WithPublished:
    """A `Source` whose tables are those of `tables` and, of each family in `places`, what its released run published.

    `places` maps a family to the folder of its scores, a path or s3://. They are read when they are first asked for.
    """

    def __init__(self, tables: Source, places: Mapping[str, str]) -> None:
        self._tables = tables
        self._places = {_name(family): (family, place) for family, place in places.items()}
        self._read: dict[str, ibis.Table] = {}

    def table(self, name: str) -> ibis.Table:
        """The lake's table called `name`, or published answers, see `published`."""
        if name not in self._places:
            return self._tables.table(name)
        if name not in self._read:
            self._read[name] = ibis.memtable(pa.table({_STORED: pa.array(_lines(*self._places[name]), pa.string())}))
        return self._read[name]


def published(source: Source, family: str) -> Iterator[StoredScore]:
    """Answers of the upstream `family`, entity by entity. `source` is one `WithPublished`, or has a table like its."""
    for line in source.table(_name(family)).to_pyarrow().column(_STORED):
        yield StoredScore.model_validate_json(line.as_py())


def stored(family: str, answers: Mapping[str, dict]) -> dict[str, ibis.Table]:
    """The table of these answers by entity, by its name: for a source that reads no files."""
    lines = [StoredScore(entity_id=entity, answer=answer).model_dump_json() for entity, answer in answers.items()]
    return {_name(family): ibis.memtable(pa.table({_STORED: pa.array(lines, pa.string())}))}


def _name(family: str) -> str:
    return f"published/{family}"


def _lines(family: str, place: str) -> list[str]:
    store = open_store(place)
    try:
        chunks = _MANIFEST.validate_json(_content(store, SCORES_MANIFEST.rpartition("/")[2]))
        lines = [line for chunk in chunks for line in _content(store, chunk.key).splitlines()]
    except FileNotFoundError:
        raise TrainingError(f"what {family} published is gone from {place}: retrain {family} first") from None
    return lines


def _content(store: Store, key: str) -> str:
    return store.read(key)[0].decode()
