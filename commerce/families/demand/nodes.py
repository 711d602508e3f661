"""What stands above products in a shop, and the names by which its forecasts are asked for.

`level:shop` is the whole shop, at `*`, or a store, at that location; `level:department:GROCERY` and
`level:category:BREAD` are what the catalogue says, at `*`. A product at `*` is the sum of its locations.
"""

from __future__ import annotations

PREFIX = "level:"
"""What no product's id begins with."""
SHOP = f"{PREFIX}shop"
CATALOGUE = ("department", "category")
KINDS = ("shop", "department", "location", "category", "product")
"""The levels above series, those of few nodes first."""
SERIES = "series"
"""What is below them: a product at a location, or of a shop that does not tell locations apart a product."""


def prefix(level: str) -> str:
    """What the ids of the level's nodes begin with; of one of `CATALOGUE` its value follows."""
    return f"{PREFIX}{level}:"


def is_node(entity_id: str) -> bool:
    """Whether the id is of something above products."""
    return entity_id.startswith(PREFIX)
