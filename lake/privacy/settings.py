"""What a privacy job is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from lake.privacy.bucket import Bucket


class Settings(BaseModel):
    """The job's environment variables, without their prefix `SHOPKEEPER_`. None of them says who the customer is."""

    model_config = ConfigDict(title="the job's environment (SHOPKEEPER_…)")

    environment: str
    request: str
    campaigns_table: str
    letters_table: str
    counters_table: str
    scores_table: str
    lake_bucket: str
    models_bucket: str

    @staticmethod
    def of(environment: Mapping[str, str]) -> Settings:
        """From variables; pydantic.ValidationError names what is missing."""
        found = {name: environment.get(f"SHOPKEEPER_{name.upper()}") for name in Settings.model_fields}
        return Settings.model_validate({name: value for name, value in found.items() if value})

    def buckets(self) -> list[Bucket]:
        """The shop's two buckets."""
        return [Bucket("lake", self.lake_bucket), Bucket("models", self.models_bucket)]
