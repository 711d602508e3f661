"""From a file of scores, or of profiles, to rows of the table. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from commerce.family import Family
from commerce.scores import Chunk, StoredScore
from functions.common import score_rows
from functions.common.dynamodb import Item

KEPT = timedelta(days=180)
"""How long a version's scores can still be released or rolled back to."""


class InvalidScoresError(Exception):
    """The file does not hold what its manifest and the family's spec promise; nothing of it is published."""


def rows(family: Family, version: str, chunk: Chunk, content: bytes, *, now: datetime) -> list[Item]:
    """Every line of the file as a row. Raises `InvalidScoresError`, naming the line."""
    expires = int((now + KEPT).timestamp())
    items: dict[str, Item] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            entity_id, answer = stored(family, version, line)
            row = score_rows.row(family.name, entity_id, version, answer, expires)
        except ValidationError as error:
            where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
            raise InvalidScoresError(f"{chunk.key}, line {number}: {where}") from error
        except score_rows.TooLargeError as error:
            raise InvalidScoresError(f"{chunk.key}, line {number}: {error}") from error
        if entity_id in items:
            raise InvalidScoresError(f"{chunk.key}, line {number}: the same {family.entity} twice")
        items[entity_id] = row
    if len(items) != chunk.rows:
        raise InvalidScoresError(f"{chunk.key} has {len(items)} rows, but its manifest says {chunk.rows}")
    return list(items.values())


def stored(family: Family, version: str, line: bytes) -> tuple[str, dict[str, Any]]:
    """(entity, what is stored) of one line: an answer marked with the version, a profile as the job wrote it.

    Either is checked against the family's spec.
    """
    score = StoredScore.model_validate_json(line)
    if family.route is not None:
        family.route.profile.model_validate(score.answer)
        return score.entity_id, score.answer
    marked = score.answer | {"source": "model", "version": version}
    return score.entity_id, family.answer.model_validate(marked).model_dump(mode="json")
