"""A model that is learned once."""

import pytest

from commerce.assessments.parameters import AssessmentParameters
from commerce.assessments.portable import Portable
from tests.training.assessing.drawn import ASSESSMENT, events
from training.assessing.learning import learned


@pytest.fixture(scope="session")
def model() -> Portable:
    """Of 4,000 events, with the usual settings and seed 0."""
    return learned(events(4000, 0), ASSESSMENT, AssessmentParameters(), seed=0)
