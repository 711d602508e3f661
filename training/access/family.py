"""Access behind the contract: what differs from the other assessing families is where its events come from."""

from __future__ import annotations

import ibis

from commerce.assessments.parameters import AssessmentParameters
from commerce.families.access import FAMILY
from commerce.families.access.parameters import AccessParameters
from training.access import logins
from training.assessing.family import AssessingFamily
from training.contract import Source


class Access(AssessingFamily):
    """Probability that an attempt to log in is not the customer's own."""

    spec = FAMILY
    format = "assessment/1"

    def events(self, source: Source, parameters: AssessmentParameters) -> ibis.Table:
        """See `logins.events`."""
        stake = parameters.account_value if isinstance(parameters, AccessParameters) else 0.0
        return logins.events(source, stake)
