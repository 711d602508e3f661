"""Keeps what letters showed, many at a time: a letter's exposure is small, and a call of the stream takes many.

No letter fails, or is sent again, for want of its exposure, and a pass waits but briefly for them. A pass that is
killed loses those that it holds, and a letter that is only later found to have been sent has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from functions.common import exposures
from functions.common.exposures import Exposure

AT_ONCE = 200
"""About as many as make one full record of the stream."""


@dataclass(slots=True)
class Exposures:
    """Those of one pass. `lost` is told how many could not be kept, and why."""

    lost: Callable[[int, Exception], None]
    _held: list[Exposure] = field(default_factory=list)

    def add(self, exposure: Exposure) -> None:
        """Hold it, and keep those held where they are enough."""
        self._held.append(exposure)
        if len(self._held) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Keep those held, whatever becomes of them."""
        held, self._held = self._held, []
        try:
            exposures.keep(held)
        except Exception as error:  # noqa: BLE001 - the letters are sent
            self.lost(len(held), error)
