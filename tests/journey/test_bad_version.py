"""A bad version that came through: its alarm takes it back by itself, and nobody is left without an answer."""

import json
import threading
import time
from itertools import count

from tests.journey.test_loop import ask

FAMILY = "recommendations"
GROUP = f"shopkeeper-local-{FAMILY}"
ALARM = f"{GROUP}-failed-calls"
SECONDS = 50


class Visitors:
    """Customers who ask what to buy, one after the other, for as long as the block runs."""

    def __init__(self, shop):
        self.shop, self.answers, self.ended = shop, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        for customer in count():
            question = {"question": "for_you", "customer_id": str(customer % 100)}
            self.answers.append(ask(self.shop, f"/v1/{FAMILY}", question, self.shop.api_key))
            if self.ended.wait(0.2):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join(60)


def register(shop):
    """A version that was approved, whose artifact is none; returns its number."""
    bucket, key = shop.outputs["ModelsBucket"], f"runs/{FAMILY}/bad/model/model.tar.gz"
    shop.client("s3").put_object(Bucket=bucket, Key=key, Body=b"not a model")
    container = {"Image": "shopkeeper", "ModelDataUrl": f"s3://{bucket}/{key}"}
    types = {"SupportedContentTypes": ["application/json"], "SupportedResponseMIMETypes": ["application/json"]}
    package = shop.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        InferenceSpecification={"Containers": [container], **types},
    )
    return package["ModelPackageArn"].rpartition("/")[2]


def live(shop):
    """(champion, challenger) as the pointer has them."""
    item = shop.client("dynamodb").get_item(
        TableName=shop.outputs["ReleasesTable"], Key={"pk": {"S": FAMILY}}, ConsistentRead=True
    )["Item"]
    return tuple(item.get(name, {}).get("S") for name in ("champion", "challenger"))


def eventually(what):
    """Whether it holds before the time is over."""
    deadline = time.monotonic() + SECONDS
    while not (held := what()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return held


def alarm(shop):
    """The family's alarm as CloudWatch describes it."""
    return shop.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]


def test_a_version_that_does_not_answer_is_taken_back_by_its_alarm_and_everybody_is_answered(loaded):
    # GIVEN visitors who ask for recommendations, and a version that cannot answer
    version = register(loaded)
    with Visitors(loaded) as visitors:
        # WHEN it is tried on half of them
        result = loaded.shopkeeper("release", FAMILY, version, "--share", "0.5")
        assert result.returncode == 0, result.stdout + result.stderr
        champion, challenger = live(loaded)
        assert challenger == version
        # THEN its failing calls raise the family's alarm, which takes it back; what was live is live
        assert eventually(lambda: live(loaded) == (champion, None)), json.dumps(alarm(loaded), default=str)
    # and every question had an answer, none of them of the bad version
    assert len(visitors.answers) > 10
    assert {status for status, _ in visitors.answers} == {200}
    assert version not in {body["answer"]["version"] for _, body in visitors.answers}
