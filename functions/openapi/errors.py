"""Errors that say more than their code and message."""

from __future__ import annotations

from pydantic import Field

from commerce.campaigns.lifecycle import Action, Status
from commerce.campaigns.template import Problem
from commerce.scores import ErrorResponse


class NotAllowed(ErrorResponse):
    """The campaign's state does not allow the action; what it allows stands beside. Both are absent in a conflict."""

    status: Status | None = None
    allowed: list[Action] | None = None


class InvalidTemplate(ErrorResponse):
    """What is wrong with the template or the subject."""

    problems: list[Problem] = Field(default_factory=list)
