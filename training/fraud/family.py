"""Fraud behind the contract: what differs from the other assessing families is where its events come from."""

from __future__ import annotations

import ibis

from commerce.assessments.parameters import AssessmentParameters
from commerce.families.fraud import FAMILY
from training.assessing.family import AssessingFamily
from training.contract import Source
from training.fraud import payments


class Fraud(AssessingFamily):
    """Probability that a payment turns out to be fraud."""

    spec = FAMILY
    format = "assessment/1"

    def events(self, source: Source, parameters: AssessmentParameters) -> ibis.Table:  # noqa: ARG002 (the contract's)
        """See `payments.events`."""
        return payments.events(source)
