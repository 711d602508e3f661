"""Row-wise work on sparse score matrices: normalise, prune, look up, order."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def row_of_entry(matrix: sparse.csr_matrix) -> np.ndarray:
    """The row of each stored value."""
    return np.repeat(np.arange(matrix.get_shape()[0]), np.diff(matrix.indptr))


def product(left: sparse.csr_matrix, right: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix product."""
    return sparse.csr_matrix(left @ right)


def transposed(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Columns as rows."""
    return sparse.csr_matrix(matrix.T)


def scaled(matrix: sparse.csr_matrix, factors: np.ndarray) -> sparse.csr_matrix:
    """Each row times its factor."""
    values = matrix.data * factors[row_of_entry(matrix)]
    return sparse.csr_matrix((values.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def row_max(matrix: sparse.csr_matrix) -> np.ndarray:
    """Largest value of each row, 0 for an empty row and where all are negative."""
    return (
        np.asarray(matrix.max(axis=1).todense(), dtype=np.float32).ravel()
        if matrix.nnz
        else np.zeros(matrix.get_shape()[0], dtype=np.float32)
    )


def inverse(values: np.ndarray) -> np.ndarray:
    """1 / value, 0 where the value is not positive, or so small that one over it is none that float32 holds."""
    return np.divide(1.0, values, out=np.zeros(len(values)), where=values > np.finfo(np.float32).tiny)


def largest(matrix: sparse.csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values of each row's k largest entries, best first, ties by column: rows × k each.

    A row with fewer entries ends in column −1 and value 0.
    """
    rows = row_of_entry(matrix)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(matrix.nnz) - matrix.indptr[:-1][rows]
    kept = rank < k
    columns = np.full((matrix.get_shape()[0], k), -1, dtype=np.int64)
    values = np.zeros((matrix.get_shape()[0], k), dtype=np.float32)
    columns[rows[kept], rank[kept]] = matrix.indices[order][kept]
    values[rows[kept], rank[kept]] = matrix.data[order][kept]
    return columns, values


def pruned(matrix: sparse.csr_matrix, k: int) -> sparse.csr_matrix:
    """The matrix with each row's k largest entries only."""
    rows = row_of_entry(matrix)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    kept = order[np.arange(matrix.nnz) - matrix.indptr[:-1][rows] < k]
    return sparse.csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape)


def looked_up(matrix: sparse.csr_matrix, columns: np.ndarray) -> np.ndarray:
    """The values at rows × k columns, 0 where nothing is stored. Column −1 holds nothing."""
    matrix.sum_duplicates()
    keys = row_of_entry(matrix) * np.int64(matrix.get_shape()[1]) + matrix.indices
    wanted = np.arange(len(columns))[:, None] * np.int64(matrix.get_shape()[1]) + columns
    if not len(keys):
        return np.zeros(columns.shape, dtype=np.float32)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[place] == wanted) & (columns >= 0), matrix.data[place], 0).astype(np.float32)


def ranks(values: np.ndarray) -> np.ndarray:
    """Place of each value in its row, 0 for the largest; equal values keep their order."""
    order = np.argsort(-values, axis=1, kind="stable")
    found = np.empty_like(order)
    np.put_along_axis(found, order, np.broadcast_to(np.arange(values.shape[1]), values.shape), axis=1)
    return found


def foremost(values: np.ndarray, k: int) -> np.ndarray:
    """Places of the k largest of `values` (n,), the largest first; equal values keep their order."""
    some = np.flatnonzero(values >= np.partition(values, -k)[-k]) if 0 < k < len(values) else np.arange(len(values))
    return some[np.argsort(-values[some], kind="stable")[:k]]
