"""Score: every entity's answer, or profile, in chunk files, with a manifest that the publish step works through.

Of a family with a list, the list as well (`training.ranking`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pandas as pd
from pydantic import BaseModel

from commerce.rankings import Ranking
from commerce.runs import SCORES_MANIFEST
from commerce.scores import Chunk, StoredScore
from training import artifact, featureset
from training.contract import AnsweringModel, Model
from training.layout import Layout
from training.progress import say
from training.ranking import RANKING_FOLDER
from training.ranking import write as write_ranking

CHUNK_ROWS = 5000
CHUNK_BYTES = 32 << 20
"""A function reads a chunk whole: one of large answers has fewer rows."""


def run(layout: Layout) -> None:
    """The processing job. Writing the same scores again gives the same files."""
    loaded = artifact.read(layout.received("model"))
    frame = featureset.read(layout.received("features"), "score")
    folder = layout.produced("scores")
    chunks: list[Chunk] = []
    done = 0
    ranking = loaded.family.spec.ranking
    ranked: list[BaseModel] = []
    for lines in _chunks(_lines(loaded.model, frame, ranking, ranked)):
        chunk = Chunk(key=f"part-{len(chunks):05d}.jsonl", rows=len(lines))
        (folder / chunk.key).write_text("\n".join(lines) + "\n")
        chunks.append(chunk)
        done += len(lines)
        say(f"{done:,} written")
    manifest = [chunk.model_dump(mode="json") for chunk in chunks]
    (folder / SCORES_MANIFEST.rpartition("/")[2]).write_text(json.dumps(manifest, indent=1))
    if ranking is not None:
        write_ranking(folder / RANKING_FOLDER, ranking, ranked, loaded.card.as_of)
        say(f"{len(ranked):,} rows in the list of {ranking.path}")


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines in order, together as far as `CHUNK_ROWS` and `CHUNK_BYTES` allow."""
    held: list[str] = []
    size = 0
    for line in lines:
        if held and (len(held) == CHUNK_ROWS or size + len(line) > CHUNK_BYTES):
            yield held
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield held


def _lines(model: Model, frame: pd.DataFrame, ranking: Ranking | None, ranked: list[BaseModel]) -> Iterator[str]:
    """One stored score, or published profile, per entity; the rows that each has in the list are added to `ranked`."""
    if isinstance(model, AnsweringModel):
        for entity, profile in model.profiles(frame):
            yield StoredScore(entity_id=entity, answer=profile).model_dump_json()
        return
    for entity, answer in model.published(frame):
        if ranking is not None:
            ranked.extend(ranking.rows(entity, answer))
        yield StoredScore(entity_id=entity, answer=answer.model_dump(mode="json")).model_dump_json()
