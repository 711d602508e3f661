"""What stands above products in a shop, and the names by which its forecasts are asked for.

`level:shop` is the whole shop, at `*`, or a store, at that location; `level:region:North` the stores of a region, at
`*`; `level:department:GROCERY` and `level:category:BREAD` are what the catalogue says, at `*`. A product at `*` is the
sum of its locations.
"""

from __future__ import annotations

PREFIX = "level:"
"""What no product's id begins with."""
SHOP = f"{PREFIX}shop"
CATALOGUE = ("department", "category")
REGION = "region"
"""What the lake's locations say; none in a shop that names no region."""
NAMED = (REGION, *CATALOGUE)
"""Levels whose nodes have a name of their own."""
KINDS = ("shop", REGION, "department", "location", "category", "product")
"""The levels above series, those of few nodes first."""
SERIES = "series"
"""What is below them: a product at a location, or of a shop that does not tell locations apart a product."""
NUMBERED = ("shop", "department", "location", "category", "product", SERIES, REGION)
"""All levels by the number that evaluations tell them by: what is new comes last, so that those kept stay true."""


def prefix(level: str) -> str:
    """What the ids of the level's nodes begin with; of one of `NAMED` its value follows."""
    return f"{PREFIX}{level}:"


def is_node(entity_id: str) -> bool:
    """Whether the id is of something above products."""
    return entity_id.startswith(PREFIX)
