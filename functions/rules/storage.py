"""Rules in the `campaigns` table, the release pointer, and a run's history in the models bucket.

Reads and writes CAMPAIGNS_TABLE; reads RELEASES_TABLE and MODELS_BUCKET.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from commerce import runs
from commerce.rules.book import LiveRules, RuleBook, RuleSummary, Trial
from functions.common import objects, releases, rules
from functions.common.aws import client
from functions.common.environment import setting
from functions.rules.logic import History


class AwsStorage:
    """`logic.Storage` on AWS."""

    def live(self, family: str) -> LiveRules | None:
        """The live version."""
        return rules.live(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family)

    def book(self, family: str, version: int) -> RuleBook | None:
        """That version."""
        return rules.read(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family, version)

    def newest(self, family: str) -> RuleBook | None:
        """The newest version."""
        return rules.newest(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family)

    def drafts(self, family: str, after: int, most: int) -> list[RuleBook]:
        """The newest versions above a number."""
        return rules.drafts(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family, after, most)

    def versions(self, family: str) -> list[RuleSummary]:
        """Every version."""
        return rules.versions(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family)

    def save(self, family: str, make: Callable[[int], RuleBook]) -> RuleBook:
        """Keep the next version."""
        return rules.save(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family, make)

    def tried(self, family: str, version: int, trial: Trial) -> None:
        """Note that a version was simulated."""
        rules.tried(client("dynamodb"), setting("CAMPAIGNS_TABLE"), family, version, trial)

    def activate(self, book: RuleBook, before: LiveRules | None, now: datetime) -> LiveRules:
        """Make a version the live one."""
        return rules.activate(client("dynamodb"), setting("CAMPAIGNS_TABLE"), book, before, now)

    def history(self, family: str, most: int) -> History | None:
        """Of the live release's run."""
        pointer = releases.read(client("dynamodb"), setting("RELEASES_TABLE"), family)
        champion = pointer.release.champion if pointer else None
        if pointer is None or champion is None:
            return None
        run = runs.Run.of_artifact(pointer.artifacts[champion])
        try:
            return History(run.run_id, objects.lines(run.key(runs.HISTORY), most))
        except objects.MissingObjectError:
            return History(run.run_id, [])
