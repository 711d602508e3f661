"""The serving container: versions on request, errors that say what is wrong, answers at once."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace

import pytest

from commerce.model import DataWindow
from commerce.questions import Instance
from commerce.scores import Score
from lake import Lake
from tests.training.conftest import LAST
from training import artifact, frames
from training.contract import AnsweringModel, TrainingError
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


class Echo(AnsweringModel):
    """Answers a question with what came along with it."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def respond(self, instances: Sequence[Instance]) -> Sequence[Score]:
        if any(one.question["question"] == "unheard_of" for one in instances):
            raise TrainingError("there is no question unheard_of")
        if any(one.question["question"] == "crash" for one in instances):
            raise ZeroDivisionError
        return [Echoed(as_of=one.as_of, instance=one, uri=self.uri) for one in instances]

    def predict(self, frame):
        raise AssertionError("a container asks a model for nothing but answers")

    profiles = rehearsal = save = predict


class Echoed(Score):
    family: str = "echo"
    source: str = "model"
    instance: Instance
    uri: str


INSTANCE = {
    "question": {"question": "next", "customer_id": "c-1"},
    "as_of": "2026-01-31",
    "profile": {"own": [["p-1", 0.5, 3, None]]},
    "actions": [{"kind": "viewed", "product_id": "p-2", "at": "2026-01-31T10:00:00Z"}],
    "shown": ["p-3"],
    "seed": 7,
}


@pytest.fixture(scope="module")
def echo() -> Iterator[SimpleNamespace]:
    """A server of models that answer questions; whatever is at `slow` loads once `gate` is open."""
    gate = threading.Event()

    def load(uri, room):
        if uri == "slow":
            gate.wait(20)
        if uri == "broken":
            raise TrainingError("the file ranker.txt of the model artifact is damaged or missing; train it again")
        return SimpleNamespace(card=SimpleNamespace(family="echo", as_of=date(2026, 1, 1)), model=Echo(uri))

    server = make_server(0, Versions(load))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_address[1]}", gate=gate)
    server.shutdown()
    server.server_close()


def ask(echo, *instances, uri="one"):
    return post(echo.address, {"family": "echo", "instances": instances}, {"version": "3", "model_uri": uri})


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
    ],
)
def test_a_wrong_request_is_told_why(served, change, reason):
    # GIVEN
    address, uri, golden = served
    body = {"family": change.get("family", "churn"), "instances": change.get("instances", [golden[0]["instance"]])}
    attributes = change.get("attributes", {"version": "7", "model_uri": uri})
    # WHEN
    status, document = post(address, body, attributes)
    # THEN
    assert status == 400
    assert reason in document["error"]


def test_a_version_that_cannot_be_loaded_is_a_fault_of_ours_and_says_why(served):
    # GIVEN a release that names an artifact which is none
    address, _, golden = served
    body = {"family": "churn", "instances": [golden[0]["instance"]]}
    # WHEN
    status, document = post(address, body, {"version": "7", "model_uri": "/nowhere"})
    # THEN
    assert (status, "model.json" in document["error"]) == (500, True)


def test_questions_reach_the_model_as_they_are_and_without_a_frame(echo, monkeypatch):
    # GIVEN a model that answers questions, in a container where frames cannot be made
    monkeypatch.setattr("training.entrypoints.serve.pd.DataFrame", None)
    # WHEN it is asked two
    status, document = ask(echo, INSTANCE, INSTANCE | {"seed": 8})
    # THEN each answer tells what came, in their order, with the version asked
    assert status == 200
    assert [a["instance"] for a in document["answers"]] == [INSTANCE, INSTANCE | {"seed": 8}]
    assert [a["version"] for a in document["answers"]] == ["3", "3"]


@pytest.mark.parametrize(
    ("instance", "uri", "status", "reason"),
    [
        (INSTANCE | {"as_of": "soon"}, "one", 400, "instances: 0.as_of"),
        (INSTANCE | {"actions": [{"kind": "eaten"}]}, "one", 400, "0.actions.0.kind"),
        (INSTANCE | {"question": {"question": "unheard_of"}}, "one", 400, "no question unheard_of"),
        (INSTANCE | {"question": {"question": "crash"}}, "one", 500, "ZeroDivisionError"),
        (INSTANCE, "broken", 500, "ranker.txt"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_whose_fault_it_is(echo, instance, uri, status, reason):
    # GIVEN a question, or a version, with something wrong
    # WHEN it is asked
    got, document = ask(echo, instance, uri=uri)
    # THEN
    assert (got, reason in document["error"]) == (status, True), document


def test_no_answer_waits_for_the_networks_acknowledgements(echo):
    # GIVEN a connection that is kept
    connection = http.client.HTTPConnection(echo.address.removeprefix("http://"), timeout=10)
    body = json.dumps({"family": "echo", "instances": [INSTANCE]})
    headers = {ATTRIBUTES: json.dumps({"version": "3", "model_uri": "one"})}
    # WHEN it is used again and again
    seconds = []
    for _ in range(25):
        started = time.perf_counter()
        connection.request("POST", "/invocations", body, headers)
        assert connection.getresponse().read()
        seconds.append(time.perf_counter() - started)
    connection.close()
    # THEN an answer takes far less than the 40 ms that a delayed acknowledgement does
    assert statistics.median(seconds) < 0.02


def test_a_loading_version_holds_up_nobody_who_asks_another(echo):
    # GIVEN eight requests that wait for a version which takes its time
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(ask, echo, INSTANCE, uri="slow") for _ in range(8)]
        # WHEN others ask a version that is there
        others = list(pool.map(lambda n: ask(echo, INSTANCE | {"seed": n}, uri="one"), range(40)))
        # THEN each has its answer while those still wait, and those get theirs once it is loaded
        assert [(status, d["answers"][0]["instance"]["seed"]) for status, d in others] == [(200, n) for n in range(40)]
        assert not any(one.done() for one in waiting)
        echo.gate.set()
        assert {(one.result()[0], one.result()[1]["answers"][0]["uri"]) for one in waiting} == {(200, "slow")}
