"""What taking a customer out of a file did."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableError(Exception):
    """The file names the customer and is of a kind that nothing can be taken out of."""


@dataclass(frozen=True, slots=True)
class Change:
    """Records that were the customer's, records of others that named them, and, of a file of lines, how many are left.

    `whole`: the file was about nobody else, and goes.
    """

    removed: int = 0
    redacted: int = 0
    left: int = 0
    whole: bool = False

    def __add__(self, other: Change) -> Change:
        return Change(
            self.removed + other.removed,
            self.redacted + other.redacted,
            self.left + other.left,
            self.whole or other.whole,
        )
