"""Where a run of a campaign keeps its files in the lake bucket.

`campaigns/` holds what is kept (plan, counts, assignment, results); `letters/` holds members with their addresses and
expires after a few weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

PREVIEW = "preview"
PLAN, AUDIENCE, MEMBERS, MANIFEST = "plan.json", "audience.json", "members.parquet", "manifest.json"
SAMPLE = "sample.jsonl"
"""Beside the members: a few of them as `Member` lines, for previews."""
ASSIGNMENT, ALLOCATED, RESULT, PAGE = "assignment.parquet", "allocated.json", "result.json", "result.html"


@dataclass(frozen=True, slots=True)
class RunPlaces:
    """One run, or the preview, of one campaign."""

    campaign_id: str
    run: str
    """`r0001`, or `preview`."""

    @property
    def prefix(self) -> str:
        """Key prefix of what is kept, without a slash at the end."""
        return f"campaigns/{self.campaign_id}/{self.run}"

    @property
    def letters(self) -> str:
        """Key prefix of the members' files, without a slash at the end."""
        return f"letters/{self.campaign_id}/{self.run}"

    def key(self, step: str, name: str) -> str:
        """Key of a file; each step (`plan`, `audience`, `allocation`, `look-01`) writes to a folder of its own."""
        return f"{self.prefix}/{step}/{name}"


def run_name(number: int) -> str:
    """`r0001`."""
    return f"r{number:04d}"


def look_name(number: int) -> str:
    """`look-01`: folder of one look at the effect."""
    return f"look-{number:02d}"
