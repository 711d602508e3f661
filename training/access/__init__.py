"""Account takeover and credential stuffing."""

from training.access.family import Access

FAMILY_MODEL = Access()
