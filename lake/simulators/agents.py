"""What browsers and robots call themselves: made-up versions of the usual forms."""

from __future__ import annotations

import numpy as np

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
)
SHARES = (0.35, 0.25, 0.2, 0.12, 0.08)
"""Of browsers among people: an assumption."""
CRAWLERS = (
    "Mozilla/5.0 (compatible; ExampleSearchBot/2.1; +https://search.example/bot.html)",
    "ExamplePriceBot/1.0 (+https://prices.example/robot)",
)


def of_devices(device: np.ndarray) -> np.ndarray:
    """Browsers (n,) of devices by number: a device keeps its own, by the shares."""
    place = (device.astype("uint64") * np.uint64(2654435761) % np.uint64(10_007)).astype(float) / 10_007
    chosen = np.minimum(np.searchsorted(np.cumsum(SHARES), place, side="right"), len(BROWSERS) - 1)
    return np.array(BROWSERS, object)[chosen]
