"""Fitted attributes as plain arrays on disk, without pickle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse


def save(model: object, folder: Path, name: str) -> None:
    """Every fitted attribute (its name ends in `_`) that is an array or a sparse matrix, a file each."""
    for attribute, value in vars(model).items():
        if not attribute.endswith("_"):
            continue
        if sparse.issparse(value):
            sparse.save_npz(folder / f"{name}.{attribute}.npz", value, compressed=False)
        elif isinstance(value, np.ndarray):
            np.save(folder / f"{name}.{attribute}.npy", value, allow_pickle=False)


def load(model: object, folder: Path, name: str) -> None:
    """Set what `save` wrote under this name."""
    for path in sorted(folder.glob(f"{name}.*_.np[yz]")):
        attribute = path.name.split(".")[1]
        value = sparse.load_npz(path) if path.suffix == ".npz" else np.load(path, allow_pickle=False)
        setattr(model, attribute, value)
