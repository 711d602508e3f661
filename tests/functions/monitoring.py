"""Reports as the monitor's job writes them."""

from datetime import timedelta

from commerce.assessments.monitoring import AssessmentMonitoring
from commerce.monitoring import Finding
from tests.functions import runs

DRIFTED = Finding(kind="drift", message="scores changed", retrain=True)
COSTLY = Finding(kind="cost", message="good customers are turned away", retrain=False)


def report(as_of=runs.AS_OF, **changes) -> AssessmentMonitoring:
    """On fraud, with nothing decided yet."""
    given = {
        "family": "fraud",
        "as_of": as_of,
        "event_type": "payment",
        "label_delay_days": 7,
        "mature_from": as_of - timedelta(days=35),
        "mature_until": as_of - timedelta(days=8),
        "volumes": [],
        "performance": None,
        "losses": None,
        "drift": None,
    }
    return AssessmentMonitoring.model_validate(given | changes)
