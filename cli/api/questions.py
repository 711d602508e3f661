"""The routes of families that answer questions of their own."""

from __future__ import annotations

from cli.api import http
from cli.environment import Environment
from commerce.family import Family
from commerce.questions import Answered, Question


def ask(environment: Environment, family: Family, question: Question) -> Answered:
    """`POST /v1/<family>`."""
    body = question.model_dump(mode="json", exclude_unset=True)
    return Answered.model_validate(http.post(environment, f"/v1/{http.segment(family.name)}", body))
