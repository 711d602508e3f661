"""What an assessing family needs of the lake before it can learn."""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel

from commerce.assessments.parameters import AssessmentParameters
from commerce.readiness import Requirement


def of_events(table: str, columns: tuple[str, ...], parameters: BaseModel) -> tuple[Requirement, ...]:
    """Events over the days that are judged by and a week to learn from; labels, where there are any yet."""
    days = cast(AssessmentParameters, parameters)
    return (
        Requirement(
            table=table,
            columns=columns,
            min_rows=1000,
            min_days=days.holdout_days + 2 * days.label_delay_days + 7,
            max_age_days=7,
        ),
        Requirement(table="labels", optional=True),
    )
