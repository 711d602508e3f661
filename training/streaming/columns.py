"""Columns that both forms of streaming features derive from an event, in Ibis."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from commerce.networks import PATTERNS
from commerce.streams.windows import SECOND


def micros(at: ir.Column) -> ir.IntegerColumn:
    """Microseconds since 1970 of a timestamp in UTC: `commerce.streams.windows.micros`."""
    # DuckDB rounds to the nearest second where it is not cut off before; Spark has microseconds in text alone.
    return at.truncate("s").epoch_seconds().cast("int64") * SECOND + at.strftime("%f").cast("int64")


def network(ip: ir.Column) -> ir.Value:
    """`commerce.networks.network` of a column of internet addresses."""
    found = [ip.re_extract(pattern, 1).nullif("") for pattern in PATTERNS]
    return ibis.coalesce(*found)
