"""Serve: `/ping` and `/invocations` for families that answer from an endpoint.

Which version answers is the request's choice: the header `X-Amzn-SageMaker-Custom-Attributes` holds
`{"version", "model_uri"}`, so that champion and challenger live on one endpoint and a release touches no
infrastructure. Body `{"family", "instances": [...]}`, answer `{"answers": [...]}` in their order. An instance is a row
of features or, for a model that answers questions, a `commerce.questions.Instance`. Status 400 says what is wrong with
the request; 500 is a fault of the version or the container.
Contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from commerce.questions import Instance
from commerce.scores import Score
from training import registry
from training.artifact import Artifact
from training.contract import AS_OF, ENTITY, AnsweringModel, TrainingError
from training.layout import Layout
from training.progress import say
from training.versions import VersionError, Versions, fetch

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
MOST_BYTES = 6 * 1024 * 1024
"""What SageMaker lets through to a container."""
SWITCH_SECONDS = 0.001
"""How soon a thread that computes gives way, such as one that loads a version, to those that answer (Python: 0.005)."""


class Asked(BaseModel):
    """The custom attributes."""

    model_config = ConfigDict(title=ATTRIBUTES, protected_namespaces=())

    version: str
    model_uri: str = Field(min_length=1)


class Body(BaseModel):
    """The request's body."""

    model_config = ConfigDict(title="request body")

    family: str
    instances: list[dict[str, Any]] = Field(min_length=1, max_length=1000)


_INSTANCES = TypeAdapter(list[Instance], config=ConfigDict(title="instances"))


class BadRequestError(Exception):
    """The request cannot be answered as it is."""


def run(_layout: Layout) -> None:
    """Serve until the process is told to end."""
    sys.setswitchinterval(SWITCH_SECONDS)
    for name in registry.names():
        # What a family's code imports takes longer than reading a version: no request should wait for it.
        registry.model_family(name)
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    server = make_server(port, Versions(fetch))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    say(f"serving on port {server.server_address[1]}")
    server.serve_forever()
    server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # http.server's 5 refuses connections that come at once


def make_server(port: int, versions: Versions) -> ThreadingHTTPServer:
    """A server on all interfaces, one thread per connection; port 0 takes a free one."""
    handler = type("Handler", (_Handler,), {"versions": versions})
    return _Server(("0.0.0.0", port), handler)  # noqa: S104 (SageMaker connects from outside the container)


def answers(versions: Versions, attributes: str | None, body: bytes) -> list[dict[str, Any]]:
    """Answers to a request.

    Raises BadRequestError or TrainingError with what is wrong with the request, VersionError with the version.
    """
    try:
        asked = Asked.model_validate_json(attributes or "{}")
        request = Body.model_validate_json(body)
    except ValidationError as error:
        raise BadRequestError(_words(error)) from error
    with versions.asked(asked.model_uri) as loaded:
        if loaded.card.family != request.family:
            raise BadRequestError(f"the version is one of {loaded.card.family}, not of {request.family}")
        given = _given(loaded, request.instances)
    return [a.model_copy(update={"version": asked.version}).model_dump(mode="json") for a in given]


def _given(loaded: Artifact, instances: list[dict[str, Any]]) -> Sequence[Score]:
    if not isinstance(loaded.model, AnsweringModel):
        return loaded.model.answers(_frame(instances, loaded.card.as_of))
    try:
        questions = _INSTANCES.validate_python(instances)
    except ValidationError as error:
        raise BadRequestError(_words(error)) from error
    return loaded.model.respond(questions)


def _frame(instances: list[dict[str, Any]], as_of: date) -> pd.DataFrame:
    frame = pd.DataFrame(instances)
    try:
        frame[AS_OF] = [date.fromisoformat(i[AS_OF]) if i.get(AS_OF) else as_of for i in instances]
        known = [c for c in frame.columns if c not in (AS_OF, ENTITY)]
        return frame.astype({c: float for c in known if bool(frame[c].isna().all())})
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"as_of must be an ISO date: {error}") from error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet, at once: else the second waits 40 ms for the first one's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    versions: Versions

    def do_GET(self) -> None:
        """Health."""
        found = self.path == "/ping"
        self._reply(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND, {"status": "ok"} if found else _error(self.path))

    def do_POST(self) -> None:
        """Answers."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            return self._reply(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _error(f"at most {MOST_BYTES} bytes, with their length")
            )
        body = self.rfile.read(int(length))
        if self.path != "/invocations":
            return self._reply(HTTPStatus.NOT_FOUND, _error(self.path))
        try:
            return self._reply(HTTPStatus.OK, {"answers": answers(self.versions, self.headers.get(ATTRIBUTES), body)})
        except VersionError as error:
            say(f"a version cannot be loaded: {error}")
            return self._reply(HTTPStatus.INTERNAL_SERVER_ERROR, _error(str(error)))
        except (BadRequestError, TrainingError) as error:
            return self._reply(HTTPStatus.BAD_REQUEST, _error(str(error)))
        except Exception as error:  # noqa: BLE001 (one request's failure must not take the server with it)
            say(f"failed: {type(error).__name__}: {error}")
            return self._reply(HTTPStatus.INTERNAL_SERVER_ERROR, _error(f"{type(error).__name__}"))

    def _reply(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Only what failed; SageMaker pings every few seconds."""
        if len(args) > 1 and str(args[1]) >= "400":
            print(format % args, file=sys.stderr, flush=True)


def _words(error: ValidationError) -> str:
    """What is wrong, field by field, without the values."""
    fields = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
    return f"{error.title}: {'; '.join(fields)}"


def _error(message: str) -> dict[str, Any]:
    return {"error": message}
