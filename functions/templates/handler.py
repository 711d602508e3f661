"""The template routes: `/v1/templates`, `/v1/templates/{id}` and below it, `/v1/template-variables`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

from commerce.campaigns.shop import Sender
from commerce.campaigns.template import TemplateList
from commerce.campaigns.variables import VariableList, variables
from functions.common import telemetry
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer, answering
from functions.common.templates import ConflictError
from functions.templates import logic, requests
from functions.templates.requests import Asked
from functions.templates.storage import AwsStorage, NotSentError

log = telemetry.logger("templates")
metrics = telemetry.metrics("templates")


def _without(what: str, error: Exception) -> None:
    log.warning("a letter goes without recommendations", what=what, error=type(error).__name__)


storage = AwsStorage(_without)


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """The Lambda function: an API Gateway proxy event in, an answer out."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return answering(lambda: respond(event), lambda error: log.error("unexpected", error=type(error).__name__))


def respond(event: dict[str, Any]) -> Answer:
    """Do what is asked; what storage or the mail service refuse becomes an answer that says so."""
    asked = requests.read(event)
    try:
        return answer(200, _done(asked, datetime.now(UTC)))
    except ConflictError as error:
        raise ApiError(409, "conflict", str(error)) from None
    except NotSentError as error:
        log.warning("a test letter was not sent", code=str(error))
        raise ApiError(502, "not_sent", f"the mail service did not take the letter: {error}") from None


def _done(asked: Asked, now: datetime) -> BaseModel:
    match asked.action:
        case "list":
            return TemplateList(templates=storage.templates())
        case "variables":
            return VariableList(variables=list(variables()))
        case "get":
            return logic.found(storage, asked.id, asked.version())
        case "save":
            return logic.save(storage, asked.id, asked.new(), now)
        case "versions":
            found = storage.versions(asked.id)
            if not found:
                raise ApiError(404, "unknown_template", f"there is no template {asked.id!r}")
            return TemplateList(templates=found)
        case "preview":
            return logic.preview(storage, _sender(), asked.id, asked.preview(), now)
        case "test":
            return logic.send_test(storage, _sender(), asked.id, asked.test(), now)


def _sender() -> Sender:
    return Sender.model_validate_json(setting("SHOP"))
