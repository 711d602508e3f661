"""The endpoint that questions reach in tests, and how they are asked and what is measured of it."""

import io
import json
from datetime import UTC, datetime

from commerce.families import discover
from commerce.questions import SHOP
from commerce.release import Release
from functions.ask.handler import handler
from functions.common import releases, score_rows
from functions.common.releases import Pointer
from tests.functions.support import proxy_event

NOW = datetime.now(UTC)
FAMILY = discover()["recommendations"]
ITEMS = [
    {"product_id": "tea", "position": 1, "score": 0.5, "reason": "you like it", "origin": "affinity"},
    {"product_id": "jam", "position": 2, "score": 0.2, "reason": "new", "origin": "content"}
    | {"choice": "explored", "propensity": 0.1},
]
ANSWER = {"family": FAMILY.name, "source": "model", "as_of": "2026-01-01", "question": "for_you", "items": ITEMS}


class Runtime:
    """The endpoint: answers everything alike, and keeps what it was asked."""

    def __init__(self):
        self.asked, self.answer, self.behaviour = [], ANSWER, None

    def invoke_endpoint(self, **parameters):
        self.asked.append(parameters)
        if isinstance(self.behaviour, Exception):
            raise self.behaviour
        count = len(json.loads(parameters["Body"])["instances"])
        body = self.behaviour or json.dumps({"answers": [self.answer] * count}).encode()
        return {"Body": io.BytesIO(body)}


def published(account):
    """Version 3 is live, and published a profile of the customer and one of the shop."""
    release = Release(family=FAMILY.name, since=NOW, revision=1, champion="3")
    account.dynamodb.put_item(
        TableName="test-releases", Item=releases.to_item(Pointer(release, {"3": "s3://m/3/model.tar.gz"}))
    )
    day = NOW.date().isoformat()
    for entity, profile in (("c-1", {"own": [["milk", 0.5, 6, 7.0]]}), (SHOP, {"popular": ["bread"]})):
        row = score_rows.row(FAMILY.name, entity, "3", {"as_of": day} | profile, expires=2_000_000_000)
        account.dynamodb.put_item(TableName="test-scores", Item=row)


def asked(context, question=None, **changes):
    event = proxy_event("ask", **({} if question is None else {"body": json.dumps(question)}) | changes)
    reply = handler(event, context)
    return reply["statusCode"], json.loads(reply["body"])


def measured(capsys):
    """The embedded metrics of the last call: its values by name, and its dimensions."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    (names,) = lines[-1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    return lines[-1], {name: lines[-1][name] for name in names}
