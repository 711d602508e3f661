"""Bots behind the contract: what differs from the other assessing families is where its events come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

    def trees(self, frauds: int) -> Mapping[str, Any]:  # noqa: ARG002 (the same for any)
        """Larger trees and finer bins than of payments: exact numbers, such as bytes, tell robots apart."""
        return {
            "learning_rate": 0.05,
            "num_leaves": 63,
            "max_bin": 1023,
            "feature_fraction": 0.3,
            "bagging_fraction": 0.8,
            "min_data_in_leaf": 5,
            "min_sum_hessian_in_leaf": 1.0,
        }

    def events(self, source: Source, parameters: AssessmentParameters) -> ibis.Table:
        """See `sessions.events`."""
        stake = parameters.session_cost if isinstance(parameters, BotsParameters) else 0.0
        return sessions.events(source, stake)
