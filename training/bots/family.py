"""Bots behind the contract: what differs from the other assessing families is where its events come from."""

from __future__ import annotations

import ibis

from commerce.assessments.parameters import AssessmentParameters
from commerce.families.bots import FAMILY
from commerce.families.bots.parameters import BotsParameters
from training.assessing.family import AssessingFamily
from training.bots import sessions
from training.contract import Source


class Bots(AssessingFamily):
    """Probability that a session is a robot's."""

    spec = FAMILY
    format = "assessment/1"

    def events(self, source: Source, parameters: AssessmentParameters) -> ibis.Table:
        """See `sessions.events`."""
        stake = parameters.session_cost if isinstance(parameters, BotsParameters) else 0.0
        return sessions.events(source, stake)
