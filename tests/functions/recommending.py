"""A released model of recommendations whose endpoint names each product after the customer who asks."""

import io
import json
from datetime import UTC, datetime

from botocore.exceptions import ReadTimeoutError

from commerce.release import Release
from functions.common import releases
from functions.common.releases import Pointer

FAMILY = "recommendations"


class Endpoint:
    """Answers every question with two products, one of them without a name, and with `more`; raises `failure`."""

    def __init__(self):
        self.calls, self.failure, self.more = [], None, []

    def invoke_endpoint(self, **parameters):
        asked = [each["question"] for each in json.loads(parameters["Body"])["instances"]]
        self.calls.append(asked)
        if self.failure:
            raise self.failure
        return {"Body": io.BytesIO(json.dumps({"answers": [_answer(each, self.more) for each in asked]}).encode())}


def time_out():
    return ReadTimeoutError(endpoint_url="https://runtime.example")


def released(account, monkeypatch):
    """The endpoint of the version that is live."""
    release = Release(family=FAMILY, since=datetime.now(UTC), revision=1, champion="3")
    pointer = Pointer(release, {"3": "s3://m/3/model.tar.gz"})
    account.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(pointer))
    endpoint = Endpoint()
    monkeypatch.setattr("functions.common.endpoints.client", lambda *_, **__: endpoint)
    return endpoint


def _answer(question, more):
    item = {"score": 0.5, "reason": "you like <tea>", "origin": "affinity"}
    items = [
        item | {"product_id": "tea", "position": 1, "name": f"Tea for {question['customer_id']}"},
        item | {"product_id": "jam", "position": 2},
        *(item | each for each in more),
    ]
    return {"family": FAMILY, "source": "model", "as_of": "2026-01-01", "question": "for_you", "items": items}
