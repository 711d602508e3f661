"""The batch form of `commerce.families.bots.traffic`."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from commerce.families.bots.traffic import OF_REQUESTS, OF_STEPS, PER_REQUEST
from commerce.risk_tables import TRAFFIC


def variables(sessions: ibis.Table) -> dict[str, ir.Value]:
    """`NAMES` as columns of a table with the statistics."""
    requests = sessions["requests"]
    found: dict[str, ir.Value] = {column.name: sessions[column.name] for column in TRAFFIC}
    for names, of in ((OF_REQUESTS, requests), (OF_STEPS, requests - 1)):
        found |= {f"{name}_count": (sessions[name] * of + 0.5).floor().cast("float64") for name in names}
    found |= {f"{name}_per_request": sessions[name] / requests.nullif(0.0) for name in PER_REQUEST}
    found["requests_per_second"] = requests / (sessions["duration_seconds"] + 1.0)
    found["gap_spread"] = sessions["gap_std_seconds"] / sessions["mean_gap_seconds"].nullif(0.0)
    return found
