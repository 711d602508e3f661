"""Simulated logins to a shop: customers' habits (`entering`) and three kinds of attack (`login_attacks`)."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from lake.simulators import agents
from lake.simulators.entering import REASONS, LoginAssumptions, habit
from lake.simulators.internet import country_codes
from lake.simulators.login_attacks import attacks
from lake.simulators.people import people
from lake.simulators.simulated import Simulated, finished, moments, tokens


def logins(assumptions: LoginAssumptions, *, days: int, seed: int, start: date = date(2025, 1, 1)) -> Simulated:
    """Logins of `days` days and their labels, the same for the same assumptions and seed.

    Labels reach beyond the last day: who wants what a shop knew on a day leaves out those of later.
    """
    rng = np.random.default_rng(seed)
    folk = people(assumptions.people, days, rng)
    good = habit(assumptions, folk, rng)
    parts = [good, *attacks(assumptions, folk, len(good["at"]), rng)]
    return finished("login", [_rows(p, start) for p in parts])


def _rows(made: dict[str, np.ndarray], start: date) -> pa.Table:
    """Columns of `logins`, of what was made by number."""
    told = ~np.isnan(made["known_after"])
    succeeded = made["reason"] == 0
    return pa.table(
        {
            "customer_id": tokens("customer-", made["customer"]),
            "occurred_at": moments(made["at"], start),
            "succeeded": succeeded,
            "failure_reason": pa.array(np.array(REASONS, object)[made["reason"]], pa.string()),
            "ip": pa.array(made["ip"], pa.string()),
            "ip_country": country_codes(made["ip_country"]),
            "device_id": tokens("device-", made["device"]),
            "user_agent": pa.array(agents.of_devices(made["device"]), pa.string()),
            "pattern": pa.array(made["pattern"].astype(object), pa.string()),
            "known_after": pa.array(made["known_after"], pa.float64(), mask=~told),
            "source": pa.array(np.where(succeeded, "customer", "review").astype(object), pa.string(), mask=~told),
        }
    )
