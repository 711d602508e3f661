"""The released version as the function that answers reads it: `portable.json` in the artifact.

    {"format": "assessment/1", "kind": "supervised" | "anomaly", "features": [name…], "forest": …,
     "curve": [[raw, probability or share]…], "review_price": …}

Supervised: the forest's raw score becomes a probability by the curve, which is linear between its points. Anomaly: the
forest's score becomes the share of ordinary events that are less unusual.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from commerce.trees import Forest

PORTABLE = "portable.json"
FORMAT = "assessment/1"
MOST_BYTES = 32 << 20
"""A file beyond this is not one of ours; parsing it would take the function's memory."""


class PortableError(Exception):
    """The file is none that can be answered from."""


@dataclass(frozen=True, slots=True)
class Portable:
    """A version. `price` is what a review costs beside its cost, see `commerce.assessments.policy`."""

    kind: Literal["supervised", "anomaly"]
    features: tuple[str, ...]
    forest: Forest
    curve: tuple[tuple[float, float], ...]
    price: float

    def explained(self, values: Mapping[str, float | None]) -> tuple[float, dict[str, float]]:
        """Probability of fraud, or share of ordinary events that are less unusual: in [0, 1]. And what each feature
        adds to the raw score."""
        raw, added = self.forest.explained([values.get(name) for name in self.features])
        return interpolated(self.curve, raw), dict(zip(self.features, added, strict=True))

    def text(self) -> str:
        """The file."""
        document = {
            "format": FORMAT,
            "kind": self.kind,
            "features": self.features,
            "forest": self.forest.document(),
            "curve": self.curve,
            "review_price": self.price,
        }
        return json.dumps(document, separators=(",", ":"), allow_nan=False)

    @classmethod
    def of(cls, content: bytes) -> Self:
        """From the file. Raises `PortableError`."""
        try:
            document = json.loads(content)
            return cls.from_document(document)
        except (ValueError, KeyError, TypeError) as error:
            raise PortableError(f"{PORTABLE} cannot be read: {error}") from error

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """From the file's JSON. Raises ValueError, KeyError or TypeError."""
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, not {FORMAT!r}")
        curve = tuple((float(raw), float(value)) for raw, value in document["curve"])
        if not curve or list(curve) != sorted(curve):
            raise ValueError("the curve has no points, or they do not rise")
        if document["kind"] not in ("supervised", "anomaly"):
            raise ValueError(f"its kind is {document['kind']!r}")
        return cls(
            kind=document["kind"],
            features=tuple(document["features"]),
            forest=Forest.of(document["forest"]),
            curve=curve,
            price=float(document["review_price"]),
        )


def interpolated(curve: tuple[tuple[float, float], ...], raw: float) -> float:
    """The curve's value at `raw`: linear between points, flat beyond them."""
    at = bisect_right(curve, (raw, float("inf")))
    if at == 0:
        return curve[0][1]
    if at == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[at - 1], curve[at]
    return y0 + (y1 - y0) * (raw - x0) / (x1 - x0)
