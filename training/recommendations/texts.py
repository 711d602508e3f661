"""Many short texts in two arrays: a million names as Python's own strings would take twice the memory and longer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Texts:
    """The i-th is UTF-8 in `letters[starts[i]:starts[i + 1]]`; a text that is not there is empty."""

    letters: np.ndarray
    starts: np.ndarray

    @staticmethod
    def of(texts: Iterable[object]) -> Texts:
        """From texts; what is none counts as empty."""
        encoded = [text.encode() if isinstance(text, str) else b"" for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(text) for text in encoded], dtype=np.int64)])
        return Texts(np.frombuffer(b"".join(encoded), dtype=np.uint8), starts)

    def __getitem__(self, place: int) -> str:
        return self.letters[self.starts[place] : self.starts[place + 1]].tobytes().decode()


def fixed(texts: Iterable[str]) -> np.ndarray:
    """UTF-8 of one width, which sorts as the texts do."""
    return np.array([text.encode() for text in texts], dtype=bytes)


def places(sorted_: np.ndarray, texts: Iterable[str]) -> np.ndarray:
    """Where each of `texts` is in the array of `fixed`, −1 where it is not."""
    wanted = fixed(texts)
    if not len(sorted_) or not len(wanted):
        return np.full(len(wanted), -1)
    # Compared at the array's own width: numpy would copy all of it for one longer text.
    short = np.char.str_len(wanted) <= sorted_.itemsize
    near = np.minimum(np.searchsorted(sorted_, wanted.astype(sorted_.dtype)), len(sorted_) - 1)
    return np.where(short & (sorted_[near] == wanted), near, -1)
