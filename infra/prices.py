"""The price table of `infra/prices.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "prices.toml"


class PriceError(LookupError):
    """The table has no such price; the message says where to add it."""


@dataclass(frozen=True)
class Prices:
    """Prices in US dollars and the usage they are multiplied with."""

    raw: dict[str, Any]

    def __getitem__(self, path: str) -> float:
        """Price `service.what`. Raises `PriceError` where the table has none."""
        service, _, what = path.partition(".")
        try:
            return float(self.raw[service][what])
        except KeyError:
            raise PriceError(f"{TABLE.name} has no {path}: look it up on AWS's price page and add it") from None

    def instance(self, instance_type: str) -> float:
        """An hour of a SageMaker instance."""
        hours = self.raw["sagemaker"]["instance_hour"]
        if instance_type not in hours:
            raise PriceError(
                f"{TABLE.name} has no price for {instance_type}: add it below [sagemaker.instance_hour]; there are "
                f"{', '.join(sorted(hours))}"
            )
        return float(hours[instance_type])

    @property
    def source(self) -> str:
        """Where the prices are from, and when they were written down."""
        return f"{self.raw['source']}, {self.raw['date']}"


def load(path: Path = TABLE) -> Prices:
    """The table at `path`."""
    return Prices(tomllib.loads(path.read_text("utf-8")))
