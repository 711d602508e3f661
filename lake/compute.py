"""Arrow's compute functions. Arrow makes them at import time, so that a type checker cannot see them: `pc` is Any."""

from __future__ import annotations

from typing import Any

import pyarrow.compute

pc: Any = pyarrow.compute
