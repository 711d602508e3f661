"""Simulated internet addresses: what a household, an office, a mobile carrier's customers and hosted machines share.

All lie in 10.0.0.0/8 (RFC 1918), so that none is anybody's. The second number tells kind and country, as a provider's
ranges do; nothing tells an attacker's from a customer's where the attacker goes through households' machines.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

COUNTRIES = ("DE", "AT", "CH", "NL", "FR", "IT", "PL", "RO", "US", "BR", "VN", "NG")
"""Of addresses and cards, ISO 3166-1 alpha-2; customers live in some of them only."""
KINDS = ("home", "mobile", "office", "hosting")
_PER_KIND = 16
_HOSTS = 1 << 16


def addresses(kind: str, country: np.ndarray, host: np.ndarray) -> np.ndarray:
    """Addresses as text (n,), of countries (n,) by index and hosts (n,) by any whole number."""
    second = KINDS.index(kind) * _PER_KIND + country
    third, fourth = np.divmod(host % _HOSTS, 256)
    numbers = np.stack([second, third, fourth], axis=-1).tolist()
    return np.array([f"10.{a}.{b}.{c}" for a, b, c in numbers], object)


def spread(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers (n,) as hosts all over a range: neighbours in number are none in network."""
    return (numbers.astype("int64") * 40503 + 977) % _HOSTS


def country_codes(country: np.ndarray) -> pa.Array:
    """Codes of countries by index."""
    return pa.array(np.array(COUNTRIES)[country])
