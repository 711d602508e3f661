"""The Lambda Runtime API of one execution environment.

Specification: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html (version 2018-06-01).
"""

import json
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Outcome:
    """What the runtime answered: the response, or the error document, as bytes of JSON."""

    payload: bytes
    error: bool


@dataclass
class Invocation:
    """One event on its way through the runtime."""

    request_id: str
    payload: bytes
    function_arn: str
    deadline_ms: int
    trace_id: str
    outcome: "Future[Outcome]" = field(default_factory=Future)

    def headers(self) -> dict[str, str]:
        return {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
            "Content-Type": "application/json",
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # with Nagle's algorithm each answer waits 40 ms for an acknowledgement
    wbufsize = -1
    server: "_Server"

    def do_GET(self) -> None:
        if not self.path.endswith("/runtime/invocation/next"):
            return self._answer(404)
        api = self.server.api
        api.ready.set()
        invocation = api.waiting.get()
        if invocation is None:
            self.close_connection = True
            return None
        return self._answer(200, invocation.payload, invocation.headers())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        api = self.server.api
        *_, what, kind = self.path.split("/")
        if (what, kind) == ("init", "error"):
            api.init_error = body
            api.ready.set()
        elif kind in ("response", "error"):
            api.settle(what, Outcome(body, error=kind == "error"))
        else:
            return self._answer(404)
        return self._answer(202, json.dumps({"status": "OK"}).encode())

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the invocation's own log has all there is to know."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: "RuntimeApi"


class RuntimeApi:
    """Serves one runtime process on a port of its own; one invocation at a time.

    Attributes:
        ready: set once the process asks for its first event or reports that it could not initialise.
        init_error: the error document of a failed initialisation.
    """

    def __init__(self) -> None:
        self.waiting: queue.Queue[Invocation | None] = queue.Queue()
        self.ready = threading.Event()
        self.init_error: bytes | None = None
        self._current: Invocation | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        threading.Thread(target=self._server.serve_forever, name="runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        """``host:port`` as the runtime expects it in ``AWS_LAMBDA_RUNTIME_API``."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def current_request_id(self) -> str:
        """Identity of the latest event, or nothing before the first."""
        return self._current.request_id if self._current else ""

    def submit(self, invocation: Invocation) -> None:
        """Hand an event to the runtime."""
        self._current = invocation
        self.waiting.put(invocation)

    def settle(self, request_id: str, outcome: Outcome) -> None:
        """Complete the running invocation; an answer to any other is dropped, as it came too late."""
        current = self._current
        if current and current.request_id == request_id and not current.outcome.done():
            current.outcome.set_result(outcome)

    def settle_current(self, payload: bytes) -> None:
        """Fail the running invocation from outside, e.g. because the process died."""
        if self._current:
            self.settle(self._current.request_id, Outcome(payload, error=True))

    def close(self) -> None:
        """Stop serving and release the port."""
        self.waiting.put(None)
        self._server.server_close()
        threading.Thread(target=self._server.shutdown, name="runtime-api-close", daemon=True).start()
