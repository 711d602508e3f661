"""What a visitor was shown lately, so that the next answer can leave it out where a question asks for that.

One item per visitor in the `counters` table, beside their latest actions: pk `shown#<pk of their actions>`, sk `shown`.
Its key has a prefix of its own so that whoever answers may write such items and none of the table's others.
"""

from __future__ import annotations

SHOWN = "shown"
PREFIX = f"{SHOWN}#"
KEPT = 100
"""Products: ten answers of ten. With many more a small shop would soon have nothing left to show."""
HOURS = 24
"""How long a product stays away: for the visit and those of the same day. Tomorrow it may be seen again."""


def key(visitor: tuple[str, str]) -> tuple[str, str]:
    """(pk, sk) of what was shown to the visitor whose actions have that key (`commerce.actions`)."""
    return f"{PREFIX}{visitor[0]}", SHOWN
