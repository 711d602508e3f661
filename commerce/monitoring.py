"""What a monitor says of a family that is live: figures to be watched, and findings that somebody should hear of.

The workflow `monitor` keeps a report a day. What a family reports beside these is its own (`Family.monitoring`).
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["precision", "recall", "cost", "drift"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Finding(BaseModel):
    """Something that is not as it should be."""

    model_config = ConfigDict(defer_build=True)

    kind: Kind
    message: str
    retrain: bool = Field(description="whether learning anew may help")


class Monitoring(BaseModel):
    """A family's report, from what was known before `as_of`."""

    model_config = ConfigDict(defer_build=True, allow_inf_nan=False)

    family: str
    as_of: date
    figures: dict[str, float] = Field(default_factory=dict, description="what is watched, by the name of its metric")
    findings: list[Finding] = Field(default_factory=list, description="what is not as it should be")

    @property
    def reasons(self) -> list[str]:
        """Why the family should learn anew."""
        return [finding.message for finding in self.findings if finding.retrain]


def key(family: str, as_of: date | None = None) -> str:
    """Key of a day's report in the models bucket, or of the latest."""
    return f"monitoring/{family}/{as_of.isoformat() if as_of else 'latest'}.json"
