"""A small server in place of the API, the outbox and signed files: canned answers, and what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import BaseModel


@dataclass
class Asked:
    """One request."""

    route: str
    body: Any
    headers: dict[str, str]


@dataclass
class Api:
    """`answers`: route such as `GET /v1/campaigns` → answers in turn, the last one again and again."""

    url: str = ""
    answers: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """Route → its header Link."""

    def says(self, route: str, *bodies: BaseModel | dict | list | bytes, status: int = 200) -> None:
        """Answer a route."""
        self.answers[route] = [(status, _bytes(body)) for body in bodies]

    def refuses(self, route: str, status: int, code: str, message: str, **details: Any) -> None:
        """Answer a route with an error, in the API's shape."""
        self.says(route, {"error": {"code": code, "message": message}, **details}, status=status)

    def to(self, route: str) -> list[Asked]:
        """Requests of one route."""
        return [asked for asked in self.asked if asked.route == route]


def _bytes(body: BaseModel | dict | list | bytes) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body)).encode()


@contextmanager
def serving() -> Iterator[Api]:
    """The server for as long as the block runs."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(f"{self.command} {self.path}", json.loads(raw) if raw else None, headers)
            api.asked.append(asked)
            turns = api.answers.get(asked.route) or [
                (404, _bytes({"error": {"code": "not_found", "message": f"there is no {asked.route}"}}))
            ]
            status, body = turns.pop(0) if len(turns) > 1 else turns[0]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if asked.route in api.links:
                self.send_header("link", api.links[asked.route])
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
