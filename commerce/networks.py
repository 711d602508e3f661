"""Networks of internet addresses, by their text: what a household, an office or a provider's customers share."""

from __future__ import annotations

import re

_IPV4 = re.compile(r"^(\d+\.\d+\.\d+)\.\d+$")
_IPV6 = re.compile(r"^([0-9a-f]*:[0-9a-f]*:[0-9a-f]*):")
PATTERNS = (_IPV4.pattern, _IPV6.pattern)
"""The first group of the first that matches is the network: the same text in Python and in SQL."""


def network(ip: str | None) -> str | None:
    """The /24 of an IPv4 address, the first three groups (/48) of an IPv6 address; None of anything else."""
    if ip is None:
        return None
    match = _IPV4.match(ip) or _IPV6.match(ip)
    return match[1] if match else None
