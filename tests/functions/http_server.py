"""The real handlers behind a local HTTP server that speaks to them as API Gateway does."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

from commerce.families import discover
from functions.ask.handler import handler as ask
from functions.campaigns.handler import ROUTES as CAMPAIGN_ROUTES
from functions.campaigns.handler import handler as campaigns
from functions.customers.handler import handler as customers
from functions.ingest.handler import handler as ingest
from functions.openapi.handler import handler as openapi
from functions.openapi.tracking import KINDS
from functions.rankings.handler import handler as rankings
from functions.rules.handler import handler as rules
from functions.scores.handler import handler as scores
from functions.templates.handler import handler as templates
from functions.unsubscribe.handler import handler as unsubscribe

CONTEXT = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:test",
    aws_request_id="00000000-0000-4000-8000-000000000000",
    get_remaining_time_in_millis=lambda: 20_000,
)
API_KEY = "an-api-key"


ROUTES: tuple[tuple[Callable, bool, tuple[str, ...]], ...] = (
    (ingest, False, tuple(f"POST /v1/{kind}" for kind in (*KINDS, "batch"))),
    (openapi, False, ("GET /v1/openapi.json",)),
    (
        rankings,
        True,
        # Before the products of the same collection, as API Gateway prefers a path without a parameter.
        tuple(f"GET /v1/{spec.collection}/{spec.ranking.path}" for spec in discover().values() if spec.ranking),
    ),
    (
        scores,
        True,
        (
            "POST /v1/scores:batchGet",
            "GET /v1/customers/{id}/scores",
            *(f"GET /v1/{spec.collection}/{{product}}" for spec in discover().values() if spec.collection),
            *(f"POST /v1/{spec.collection}:{verb.name}" for spec in discover().values() for verb in spec.verbs),
        ),
    ),
    (ask, True, tuple(f"POST /v1/{name}" for name, spec in discover().items() if spec.route)),
    (
        rules,
        True,
        (
            "GET /v1/rules/{family}",
            "PUT /v1/rules/{family}",
            "GET /v1/rules/{family}/versions",
            "POST /v1/rules/{family}/simulate",
            "POST /v1/rules/{family}/activate",
        ),
    ),
    (campaigns, True, tuple(CAMPAIGN_ROUTES)),
    (
        templates,
        True,
        (
            "GET /v1/templates",
            "GET /v1/templates/{id}",
            "PUT /v1/templates/{id}",
            "GET /v1/templates/{id}/versions",
            "POST /v1/templates/{id}/preview",
            "POST /v1/templates/{id}/test",
            "GET /v1/template-variables",
        ),
    ),
    (
        customers,
        True,
        ("DELETE /v1/customers/{id}", "GET /v1/customers/{id}/export", "GET /v1/privacy-requests/{request_id}"),
    ),
    (unsubscribe, False, ("GET /v1/unsubscribe", "POST /v1/unsubscribe")),
)
"""(handler, whether an API key is needed, its routes)."""


def route(method: str, path: str):
    """(handler, resource, path parameters, whether an API key is needed), or None where API Gateway has no route."""
    for handler, needs_key, routes in ROUTES:
        for known in routes:
            verb, resource = known.split(" ")
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(resource))
            if verb == method and (found := re.fullmatch(pattern, path)):
                return handler, resource, found.groupdict() or None, needs_key
    return None


class _Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    calls: list[tuple[str, str, int]]

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        found = route(self.command, url.path)
        if found is None:
            return self._refuse("no route")
        handler, resource, parameters, needs_key = found
        if needs_key and self.headers.get("x-api-key") != API_KEY:
            return self._refuse("no key")
        try:
            body, encoded = raw.decode(), False
        except UnicodeDecodeError:
            body, encoded = base64.b64encode(raw).decode(), True
        event = {
            "resource": resource,
            "path": url.path,
            "httpMethod": self.command,
            "headers": dict(self.headers.items()),
            "queryStringParameters": dict(parse_qsl(url.query, keep_blank_values=True)) or None,
            "pathParameters": parameters,
            "body": body or None,
            "isBase64Encoded": encoded,
        }
        reply = handler(event, CONTEXT)
        return self._answer(reply["statusCode"], reply["headers"], reply["body"].encode())

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def _refuse(self, message: str) -> None:
        """API Gateway's own answer, in the shape that the stacks give it."""
        body = json.dumps({"error": {"code": "FORBIDDEN", "message": message}})
        self._answer(403, {"Content-Type": "application/json"}, body.encode())

    def _answer(self, status: int, headers: dict, body: bytes) -> None:
        self.calls.append((self.command, self.path, status))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """(address, calls seen) of a server for as long as the block runs."""
    calls: list[tuple[str, str, int]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Gateway", (_Gateway,), {"calls": calls}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()
