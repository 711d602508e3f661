"""The serving container: versions on request, one load each, errors that say what is wrong."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from commerce.model import DataWindow
from lake import Lake
from tests.training.conftest import LAST
from training import artifact, frames
from training.contract import TrainingError
from training.entrypoints.evaluate import golden_requests
from training.entrypoints.serve import ATTRIBUTES, make_server
from training.registry import model_family
from training.versions import Versions, fetch

FAMILY = model_family("churn")
PARAMETERS = FAMILY.parameters({"horizon_days": 60})


@pytest.fixture(scope="module")
def served(shop, tmp_path_factory) -> Iterator[tuple[str, str, list[dict]]]:
    """(address, model uri, golden requests) of a running server."""
    lake, folder = Lake.open(shop), tmp_path_factory.mktemp("model")
    days = FAMILY.dates(lake, LAST, PARAMETERS).train[::6]
    train = frames.history(FAMILY, lake, days, PARAMETERS, seed=0)
    window = DataWindow(first_as_of=days[0], last_as_of=days[-1], rows=len(train), entities=600)
    model = FAMILY.fit(train, PARAMETERS, seed=0)
    artifact.write(folder, FAMILY, model, as_of=LAST, parameters=PARAMETERS, window=window)
    golden = golden_requests(artifact.read(folder), frames.known(FAMILY, lake, LAST, PARAMETERS))
    server = make_server(0, Versions(fetch))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", str(folder), golden
    server.shutdown()
    server.server_close()


def post(address: str, body: dict, attributes: dict | None) -> tuple[int, dict]:
    """Status and document of POST /invocations."""
    headers = {"Content-Type": "application/json"} | ({ATTRIBUTES: json.dumps(attributes)} if attributes else {})
    request = urllib.request.Request(f"{address}/invocations", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_it_answers_ping(served):
    # GIVEN
    address, _, _ = served
    # WHEN
    with urllib.request.urlopen(f"{address}/ping", timeout=10) as response:
        status = response.status
    # THEN
    assert status == 200


def test_golden_requests_get_their_answers_with_the_version_asked(served):
    # GIVEN
    address, uri, golden = served
    body = {"family": "churn", "instances": [g["instance"] for g in golden]}
    # WHEN
    status, document = post(address, body, {"version": "7", "model_uri": uri})
    # THEN
    assert status == 200
    assert document["answers"] == [g["answer"] | {"version": "7"} for g in golden]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"attributes": None}, "model_uri"),
        ({"family": "weather"}, "not of weather"),
        ({"instances": []}, "instances"),
        ({"instances": [{"recency": 3}]}, "lacks"),
        ({"uri": "/nowhere"}, "model.json"),
    ],
)
def test_a_wrong_request_is_told_why(served, change, reason):
    # GIVEN
    address, uri, golden = served
    body = {"family": change.get("family", "churn"), "instances": change.get("instances", [golden[0]["instance"]])}
    attributes = change.get("attributes", {"version": "7", "model_uri": change.get("uri", uri)})
    # WHEN
    status, document = post(address, body, attributes)
    # THEN
    assert status == 400
    assert reason in document["error"]


def test_a_loading_version_does_not_block_a_loaded_one():
    # GIVEN one version there and another that takes its time
    gate = threading.Event()

    def load(uri):
        if uri == "slow":
            gate.wait(10)
        return uri

    versions = Versions(load)
    versions.get("ready")
    waiting = threading.Thread(target=versions.get, args=("slow",))
    waiting.start()
    # WHEN
    got = versions.get("ready")
    # THEN
    assert (got, waiting.is_alive()) == ("ready", True)
    gate.set()
    waiting.join(10)


def test_many_askers_load_a_version_once():
    # GIVEN
    loads: list[str] = []
    gate = threading.Event()

    def load(uri):
        loads.append(uri)
        gate.wait(10)
        return uri

    versions = Versions(load)
    askers = [threading.Thread(target=versions.get, args=("one",)) for _ in range(8)]
    # WHEN
    for asker in askers:
        asker.start()
    gate.set()
    for asker in askers:
        asker.join(10)
    # THEN
    assert loads == ["one"]


def test_the_least_recently_used_version_goes_first():
    # GIVEN room for two
    loads: list[str] = []
    versions = Versions(lambda uri: loads.append(uri) or uri, kept=2)
    # WHEN
    for uri in ("a", "b", "a", "c", "a", "b"):
        versions.get(uri)
    # THEN
    assert loads == ["a", "b", "c", "b"]


def test_a_failed_load_is_tried_again():
    # GIVEN a version that comes at the second try
    tries: list[str] = []

    def load(uri):
        tries.append(uri)
        if len(tries) == 1:
            raise TrainingError("not yet")
        return uri

    versions = Versions(load)
    with pytest.raises(TrainingError):
        versions.get("late")
    # WHEN
    got = versions.get("late")
    # THEN
    assert (got, len(tries)) == ("late", 2)
