"""Reports on a family for tests of verb, charts and page."""

from __future__ import annotations

from datetime import date, timedelta

from commerce.assessments.monitoring import AssessmentMonitoring

AS_OF = date(2026, 3, 2)


def report(**changes) -> AssessmentMonitoring:
    """Of five days of decisions, with two versions and a feature that changed."""
    volumes = [
        {
            "day": AS_OF - timedelta(days=5 - n),
            "decisions": 100,
            "approved": 90 - n,
            "reviewed": 8,
            "blocked": 2 + n,
            "by_model": 99,
            "by_cold_start": 0,
            "by_rules": 1,
            "amount": 5000.0,
            "amount_reviewed": 400.0,
            "amount_blocked": 100.0,
        }
        for n in range(5)
    ]
    share = {"value": 0.4, "interval": {"low": 0.3, "high": 0.5}}
    at_capacity = {
        "per_day": 10,
        "days": 28,
        "chosen": 280,
        "precision": share,
        "recall": {"value": 0.75},
        "promised_frauds": 140.0,
        "promised_precision": 0.5,
        "promised_recall": 0.8,
    }
    performance = {
        "decisions": 2800,
        "unknown": 12,
        "unknown_amount": 600.0,
        "frauds": 150,
        "stopped": 200,
        "precision": 0.6,
        "recall": 0.7,
        "recall_by_amount": None,
        "at_capacity": at_capacity,
        "expected_frauds": 160.0,
        "observed_frauds": 149,
        "auc": 0.91,
        "ap": 0.5,
    }
    shift = {
        "psi": 0.4,
        "noise": 0.02,
        "level": "major",
        "before": "3 payments of this card <lately>",
        "now": "9 payments of this card [lately]",
        "missing_before": 0.0,
        "missing_now": 0.1,
    }
    given = {
        "family": "fraud",
        "as_of": AS_OF,
        "event_type": "payment",
        "label_delay_days": 7,
        "mature_from": AS_OF - timedelta(days=35),
        "mature_until": AS_OF - timedelta(days=8),
        "volumes": volumes,
        "performance": performance,
        "versions": [performance | {"version": "3"}, performance | {"version": "4", "at_capacity": None, "auc": None}],
        "losses": {
            "good_reviewed": 80,
            "good_reviewed_cost": 240.0,
            "good_blocked": 3,
            "good_blocked_cost": 60.0,
            "false_positive_cost": 300.0,
            "frauds_reviewed_cost": 350.0,
            "lost": 900.0,
            "averted": 5400.0,
            "saved": 4750.0,
        },
        "drift": {
            "recent_days": 7,
            "reference_days": 28,
            "recent": 700,
            "reference": 2800,
            "score": shift | {"name": "probability", "psi": 0.05, "level": "none"},
            "compared": 100,
            "major": 1,
            "features": [shift | {"name": "card_count_1h"}],
        },
        "findings": [{"kind": "drift", "message": "scores changed <much>", "retrain": True}],
    }
    return AssessmentMonitoring.model_validate(given | changes)


def empty() -> AssessmentMonitoring:
    """Of a family that decided nothing yet."""
    return report(volumes=[], performance=None, versions=[], losses=None, drift=None, findings=[])
