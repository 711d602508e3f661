"""What tests of assessments share: a small model, its release, and questions."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, datetime, timedelta

from commerce.assessments.portable import PORTABLE, Portable
from commerce.families import family
from commerce.release import Release
from commerce.trees import Forest, Tree
from functions.common import releases
from functions.common.releases import Pointer
from tests.functions.support import MODELS

FRAUD = family("fraud")
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=20)
"""Lately: what is older than what is kept is not counted."""
ARTIFACT = f"s3://{MODELS}/runs/fraud/20260519-abcdef/model/output/model.tar.gz"
OVER = 4.0
"""Payments with a card within 10 minutes above which the model below calls fraud."""


def portable(kind="supervised"):
    """One split: many payments with one card within minutes are fraud in nine of ten cases, others hardly ever."""
    names = FRAUD.assessment.features
    tree = Tree([names.index("card_count_10m")], [OVER], [True], [-1], [-2], [-3.0, 3.0], [-2.5])
    return Portable(kind, names, Forest(0.0, (tree,)), ((-3.0, 0.001), (3.0, 0.9)), 0.0)


def archive(content, name=PORTABLE):
    """`model.tar.gz` with one file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def release(account, model=None, version="7"):
    """Make a version of fraud live."""
    content = archive((model or portable()).text().encode())
    account.s3.put_object(Bucket=MODELS, Key=ARTIFACT.split("/", 3)[3], Body=content)
    pointer = Pointer(Release(family="fraud", champion=version, since=NOW), {version: ARTIFACT})
    account.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(pointer))


def payment(id_="p-1", **changes):
    """A question."""
    fields = {
        "event_id": id_,
        "customer_id": "c-1",
        "amount": 80.0,
        "currency": "EUR",
        "card_fingerprint": "card-1",
        "device_id": "d-1",
        "ip": "192.0.2.7",
        "email_domain": "shop.example",
        "shipping_address": "a-1",
    }
    return fields | changes


def asked(fields, name="fraud"):
    """An API Gateway event that asks."""
    body = fields if isinstance(fields, str) else json.dumps(fields)
    return {"httpMethod": "POST", "resource": f"/v1/{name}:assess", "path": f"/v1/{name}:assess", "body": body}
