"""`GET /v1/<collection>/<path>`: a page of the list that the released version made, as JSON or CSV."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from commerce import runs
from commerce.rankings import RankedPage, RankingManifest
from functions.common import objects, releases, telemetry
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer, answering
from functions.common.releases import Pointer
from functions.rankings import sheet
from functions.rankings.logic import page
from functions.rankings.requests import Asked, Token, read

log = telemetry.logger("rankings")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Read the question and the page."""
    asked = read(event)
    pointer = releases.read(client("dynamodb"), setting("RELEASES_TABLE"), asked.family.name)
    champion = pointer.release.champion if pointer else None
    if pointer is None or champion is None:
        empty = f"no version of {asked.family.name} is released yet: nothing is ranked before it was trained"
        return _answer(asked, RankedPage(family=asked.family.name, source="baseline", total=0, rows=[], reason=empty))
    begin = asked.begin(champion)
    manifest_key = _run(pointer, begin).key(runs.RANKING)
    manifest = RankingManifest.model_validate_json(objects.read(manifest_key))
    rows, following = page(asked, begin, manifest, lambda name: objects.read(objects.beside(manifest_key, name)))
    return _answer(
        asked,
        RankedPage(
            family=asked.family.name,
            source="model",
            version=begin.version,
            as_of=manifest.as_of,
            total=manifest.rows,
            rows=rows,
            next=following.text() if following else None,
            reason=None if manifest.rows else "there is nothing to do",
        ),
    )


def _run(pointer: Pointer, begin: Token) -> runs.Run:
    """The run that ranked the token's version, which the pointer names as long as it can be rolled back to."""
    artifact = pointer.artifacts.get(begin.version)
    if artifact is None:
        raise ApiError(410, "gone", "the list that next goes on with was replaced: begin again without it")
    return runs.Run.of_artifact(artifact)


def _answer(asked: Asked, found: RankedPage) -> Answer:
    if asked.form == "json":
        return answer(200, found)
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{asked.family.collection}-{asked.ranking.path}.csv"',
    }
    if found.next:
        following = urlencode({"format": "csv", "limit": asked.limit, "next": found.next})
        headers["Link"] = f'<?{following}>; rel="next"'
    columns = list(asked.ranking.row.model_fields)
    return {"statusCode": 200, "headers": headers, "body": sheet.text(columns, found.rows), "isBase64Encoded": False}
