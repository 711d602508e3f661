"""The same questions through the API of the local cloud: gateway, function, pointer, profile, endpoint and exposure.

The made-up shop's version is released without having been trained: its artifact, its pointer and its profiles are put
where the workflow puts them. The container beside it is one of the benchmark's own, asked the same instances.
The local cloud shares its cores with whoever asks, and its gateway and tables are emulated: what the API adds here is
more than it adds on AWS.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlparse

import numpy as np

from benchmarks import _serving_load, _serving_questions, _serving_shop
from benchmarks._serving_questions import Body
from benchmarks.harness import Result
from commerce.release import Release
from functions.common import releases, score_rows
from local.cloud import Cloud
from training.artifact import ARCHIVE

ITEMS = 100_000
CUSTOMERS = 100
REQUESTS = 300
FAMILY, VERSION = "recommendations", "benchmark"


def measure(seed: int) -> Result:
    """p50 and p99 of `for_you` through the API and of the container alone."""
    rng = np.random.default_rng(seed)
    popularity = _serving_shop.Popularity.of(ITEMS, rng)
    made = _serving_shop.shop(ITEMS, rng, popularity)
    profiles = _serving_shop.profiles(CUSTOMERS, made, popularity, rng)
    # What visitors did lately is read from the counters, which are empty here.
    asked = _serving_questions.Asking(made, popularity, profiles, rng).ask("for_you", REQUESTS)
    instances = [one | {"actions": []} for one in asked]
    with tempfile.TemporaryDirectory() as scratch:
        place = _serving_shop.write(Path(scratch) / "version", made, seed)
        with _serving_load.serving() as server:
            client, bodies = server.client(VERSION, place), [_serving_questions.encoded(one) for one in instances]
            client.timed(bodies)
            alone = 1000 * client.timed(bodies)
        with Cloud.start(root=Path(scratch) / "cloud", port=_serving_load.free_port()) as cloud:
            _release(cloud, place, profiles)
            taken, sources = _asked(cloud, [one["question"] for one in asked])
    figures: dict[str, float | int | None] = {"api.for_you.baselines": len(sources) - sources.count("model")}
    floor: dict[str, float] = {}
    for percent in (50, 99):
        key, bare = f"api.for_you.p{percent}_ms", float(np.percentile(alone, percent))
        figures[key], floor[key] = 1000 * float(np.percentile(taken, percent)), bare
        figures[f"api.for_you.added_p{percent}_ms"] = 1000 * float(np.percentile(taken, percent)) - bare
    return Result(figures, {"container": floor})


def _release(cloud: Cloud, place: Path, profiles: Sequence[Body]) -> None:
    """Put the version, its pointer and its customers' profiles where the workflow does."""
    archive = place.parent / ARCHIVE
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in place.iterdir():
            tar.add(path, path.name)
    bucket, key = cloud.output("ModelsBucket"), f"runs/{FAMILY}/{VERSION}/model/{ARCHIVE}"
    cloud.client("s3").upload_file(str(archive), bucket, key)
    dynamodb = cloud.client("dynamodb")
    release = Release(family=FAMILY, champion=VERSION, since=datetime.now(UTC), revision=1)
    pointer = releases.Pointer(release, {VERSION: f"s3://{bucket}/{key}"})
    dynamodb.put_item(TableName=cloud.output("ReleasesTable"), Item=releases.to_item(pointer))
    expires = int(time.time()) + 86_400
    for number, profile in enumerate(profiles):
        row = score_rows.row(FAMILY, f"c{number}", VERSION, profile, expires)
        dynamodb.put_item(TableName=cloud.output("ScoresTable"), Item=row)


def _asked(cloud: Cloud, questions: Sequence[Body]) -> tuple[np.ndarray, list[str]]:
    """Seconds and source of each answer, after as many that warm up."""
    key = cloud.client("apigateway").get_api_key(apiKey=cloud.output("ApiKeyId"), includeValue=True)["value"]
    url = urlparse(cloud.output("ApiUrl"))
    connection = HTTPConnection(url.hostname or "", url.port, timeout=_serving_load.CALL_SECONDS)
    headers = {"Content-Type": "application/json", "x-api-key": key}
    taken, sources = [], []
    for question in (*questions, *questions):
        began = time.perf_counter()
        connection.request("POST", f"{url.path.rstrip('/')}/v1/{FAMILY}", json.dumps(question).encode(), headers)
        response = connection.getresponse()
        answer = response.read()
        taken.append(time.perf_counter() - began)
        if response.status != 200:
            raise RuntimeError(f"the API answered {response.status}: {answer[:500].decode()}")
        sources.append(json.loads(answer)["answer"]["source"])
    connection.close()
    return np.array(taken[len(questions) :]), sources[len(questions) :]
