"""A family's list over all entities, as files: parts in order, their manifest, and the rows worth an alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import batched
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from commerce.rankings import MOST_ALERTS, PART_ROWS, Alert, Ranking, RankingManifest
from commerce.runs import ALERTS, RANKING
from commerce.scores import Chunk

_, RANKING_FOLDER, _MANIFEST = RANKING.split("/")
_ALERTS = TypeAdapter(list[Alert])


def write(folder: Path, ranking: Ranking, rows: Sequence[BaseModel], as_of: date) -> None:
    """Write the list into `folder`, which is made: the largest first, equal ones in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: -getattr(row, ranking.by))
    parts: list[Chunk] = []
    for of_part in batched(ordered, PART_ROWS):
        parts.append(Chunk(key=f"part-{len(parts):05d}.jsonl", rows=len(of_part)))
        (folder / parts[-1].key).write_text("".join(row.model_dump_json() + "\n" for row in of_part))
    manifest = RankingManifest(as_of=as_of, rows=len(ordered), parts=parts)
    (folder / _MANIFEST).write_text(manifest.model_dump_json(indent=1))
    (folder / ALERTS.rpartition("/")[2]).write_bytes(_ALERTS.dump_json(_alerts(ranking, ordered), indent=1))


def _alerts(ranking: Ranking, ordered: Sequence[BaseModel]) -> list[Alert]:
    found = []
    for detail_type, worth in ranking.alerts.items():
        told = [row for row in ordered if worth(row)]
        most = [row.model_dump(mode="json") for row in told[:MOST_ALERTS]]
        found.append(Alert(detail_type=detail_type, total=len(told), rows=most))
    return found
