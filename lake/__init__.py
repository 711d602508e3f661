"""What is remembered: writing, curating and reading the lake's tables, loaders, and the readiness audit.

from lake import Lake

lake = Lake.open("s3://bucket/lake")
lake.write("orders", rows)          # validated, keyed, idempotent
lake.table("orders")                # an ibis.Table
"""

from lake.held import HeldTables
from lake.lake import Lake
from lake.problems import InvalidRowsError, Problem
from lake.writing import WriteReport

__all__ = ["HeldTables", "InvalidRowsError", "Lake", "Problem", "WriteReport"]
