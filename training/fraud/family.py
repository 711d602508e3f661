"""Fraud behind the contract: what differs from the other assessing families is where its events come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis

from commerce.assessments.parameters import AssessmentParameters
from commerce.families.fraud import FAMILY
from training.assessing.family import AssessingFamily
from training.contract import Source
from training.fraud import payments

LEAST_GAIN, MOST_GAIN = 1.0, 4.0
"""Of log-loss, what a split has to gain."""
FRAUDS_PER_GAIN = 150


class Fraud(AssessingFamily):
    """Probability that a payment turns out to be fraud."""

    spec = FAMILY
    format = "assessment/1"

    def trees(self, frauds: int) -> Mapping[str, Any]:
        """A split has to gain something, as a hundred features hold much to be learned by heart; where frauds are few,
        what is to be learned gains less, too.

        Chosen on earlier weeks of the Handbook than its benchmark judges by, and on samples of their customers.
        """
        return {"min_gain_to_split": min(MOST_GAIN, max(LEAST_GAIN, frauds / FRAUDS_PER_GAIN))}

    def events(self, source: Source, parameters: AssessmentParameters) -> ibis.Table:  # noqa: ARG002 (the contract's)
        """See `payments.events`."""
        return payments.events(source)
