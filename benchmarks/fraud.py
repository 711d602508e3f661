"""Decisions on payments, logins and sessions, and groups of accounts, on public and simulated data.

Each stands beside its floors in the same run.

`SHOPKEEPER_PARTS` (comma-separated: handbook, web_robots, parity, simulated, accounts) runs some of the parts only.
"""

from __future__ import annotations

from benchmarks import _fraud_accounts, _fraud_handbook, _fraud_parity, _fraud_robots, _fraud_simulated
from benchmarks.harness import Result, parts

PARTS = {
    "handbook": _fraud_handbook.measure,
    "web_robots": _fraud_robots.measure,
    "parity": _fraud_parity.measure,
    "simulated": _fraud_simulated.measure,
    "accounts": _fraud_accounts.measure,
}


def run(seed: int) -> Result:
    """The parts asked for, as one result. ValueError for a part that there is not."""
    return parts(PARTS, seed)
