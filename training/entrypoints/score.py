"""Score: every entity's answer in chunk files, with a manifest that the publish step works through."""

from __future__ import annotations

import json

from commerce.runs import SCORES_MANIFEST
from commerce.scores import Chunk, StoredScore
from training import artifact, featureset
from training.contract import ENTITY
from training.layout import Layout
from training.progress import say

CHUNK_ROWS = 5000


def run(layout: Layout) -> None:
    """The processing job. Writing the same scores again gives the same files."""
    loaded = artifact.read(layout.received("model"))
    frame = featureset.read(layout.received("features"), "score")
    folder = layout.produced("scores")
    chunks = []
    for number, start in enumerate(range(0, len(frame), CHUNK_ROWS)):
        part = frame.iloc[start : start + CHUNK_ROWS]
        answers = loaded.model.answers(part)
        lines = [
            StoredScore(entity_id=entity, answer=answer.model_dump(mode="json")).model_dump_json()
            for entity, answer in zip(part[ENTITY], answers, strict=True)
        ]
        chunk = Chunk(key=f"part-{number:05d}.jsonl", rows=len(lines))
        (folder / chunk.key).write_text("\n".join(lines) + "\n")
        chunks.append(chunk)
        say(f"{start + len(part):,} of {len(frame):,} scored")
    manifest = [chunk.model_dump(mode="json") for chunk in chunks]
    (folder / SCORES_MANIFEST.rpartition("/")[2]).write_text(json.dumps(manifest, indent=1))
