"""What a shop may set of fraud."""

from __future__ import annotations

from commerce.assessments.parameters import AssessmentParameters


class FraudParameters(AssessmentParameters):
    """The defaults are those of `AssessmentParameters`."""
