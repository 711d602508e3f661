"""The account's sending rate as a token bucket. Pure.

The bucket is one number: when it will be full again. Letters taken move that time on by what they cost, so taking is
one atomic addition, and any number of workers share a bucket without a lock. This is the generic cell rate algorithm
(ITU-T I.371, appendix) read as a bucket.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST_SECONDS = 1.0
"""How much sending the full bucket holds: what the account may send in a second."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`per_second` letters a second. Times are microseconds since 1970."""

    per_second: float

    @property
    def most(self) -> int:
        """Most letters that can be taken at once."""
        return max(1, int(self.per_second * BURST_SECONDS))

    def cost(self, letters: int) -> int:
        """Microseconds that it takes to refill so many letters, rounded up."""
        return -int(-letters * 1_000_000 // self.per_second)

    @property
    def depth(self) -> int:
        """Microseconds to fill the empty bucket; at least one letter fits in."""
        return self.cost(self.most)

    def wait(self, full_at: int | None, now: int, letters: int) -> int:
        """Microseconds until `letters` (at most `most`) can be taken from a bucket that is full at `full_at`."""
        return max(0, max(full_at or 0, now) + self.cost(letters) - self.depth - now)

    def after(self, full_at: int | None, now: int, letters: int) -> int:
        """When the bucket is full again, once `letters` were taken at `now`."""
        return max(full_at or 0, now) + self.cost(letters)


def allowed(per_second: float | None, account: float | None) -> float | None:
    """The lower of the shop's setting and the account's quota; None where neither limits anything."""
    limits = [limit for limit in (per_second, account) if limit is not None and limit > 0]
    return min(limits, default=None)
