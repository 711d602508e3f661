"""The routes of campaigns, offers and coupons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.campaigns import actions, offers, requests, results
from functions.campaigns.requests import Request
from functions.common import telemetry
from functions.common.http import Answer, ApiError, answering

ROUTES: dict[str, Callable[[Request], Answer]] = {
    "GET /v1/campaigns": actions.listed,
    "POST /v1/campaigns": actions.created,
    "GET /v1/campaigns/{id}": actions.shown,
    "PUT /v1/campaigns/{id}": actions.changed,
    "POST /v1/campaigns/{id}/preview": actions.previewed,
    "POST /v1/campaigns/{id}/schedule": actions.scheduled,
    "POST /v1/campaigns/{id}/start": actions.started,
    "POST /v1/campaigns/{id}/pause": actions.paused,
    "POST /v1/campaigns/{id}/resume": actions.resumed,
    "POST /v1/campaigns/{id}/cancel": actions.cancelled,
    "GET /v1/campaigns/{id}/results": results.newest,
    "GET /v1/offers": offers.listed,
    "GET /v1/offers/{id}": offers.shown,
    "PUT /v1/offers/{id}": offers.put,
    "GET /v1/coupons/{code}": offers.coupon,
}

log = telemetry.logger("campaigns")
metrics = telemetry.metrics("campaigns")


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Find the route and answer it. The log says what was done to which campaign; coupons stay out of it."""
    request = requests.read(event)
    route = ROUTES.get(request.route)
    if route is None:
        raise ApiError(404, "not_found", f"there is no {request.route}")
    reply = route(request)
    if not request.route.startswith("GET"):
        log.info("done", route=request.route, id=request.name, status=reply["statusCode"])
    return reply
