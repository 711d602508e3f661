"""`members.parquet`: who can be written to, one row per customer in the order of their ids. Personal; expires soon.

The audience step writes it, the allocate step reads it. Beside what `Member` says of a customer it holds what strata
are made of: money in the shop's currency before the as-of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from campaigns.errors import CampaignError
from commerce.campaigns.audience import Member
from commerce.campaigns.places import MEMBERS

BATCH = 10_000
"""Rows held in memory at once."""

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("email", pa.string()),
        ("time_zone", pa.string()),
        ("country", pa.string()),
        ("traits", pa.string()),  # JSON, name → value
        ("scores", pa.string()),  # JSON, family → answer
        ("score", pa.float64()),  # the first that the condition asks for; null where there is none
        ("spend_365d", pa.float64()),  # of completed orders in the last 365 days
        ("pre_spend", pa.float64()),  # in the days before, as many as the attribution window has
    ]
)


def member(row: dict[str, Any], arm: str) -> Member:
    """The member in a row of the file."""
    return Member(
        customer_id=row["customer_id"],
        arm=arm,
        email=row["email"],
        time_zone=row["time_zone"],
        country=row["country"],
        traits=json.loads(row["traits"]),
        scores=json.loads(row["scores"]),
    )


def columns(folder: Path, names: list[str]) -> pa.Table:
    """Some columns of every member."""
    return _file(folder).read(columns=names)


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Every member, `BATCH` in memory at once."""
    for batch in _file(folder).iter_batches(batch_size=BATCH):
        yield from batch.to_pylist()


def _file(folder: Path) -> pq.ParquetFile:
    path = folder / MEMBERS
    if not path.is_file():
        raise CampaignError(f"{path} is missing: give the job what the audience step wrote")
    return pq.ParquetFile(path)
