"""Reading what a run of a campaign will do."""

from __future__ import annotations

from pathlib import Path

from campaigns.errors import CampaignError
from commerce.campaigns.places import PLAN
from commerce.campaigns.plan import CampaignPlan


def read(path: Path) -> CampaignPlan:
    """The plan at `path`: `plan.json`, or the folder that holds it. ValidationError where it is wrong."""
    file = path / PLAN if path.is_dir() else path
    if not file.is_file():
        raise CampaignError(f"{file} is missing: give the job the run's own plan")
    return CampaignPlan.model_validate_json(file.read_bytes())
