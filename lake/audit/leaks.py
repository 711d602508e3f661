"""Columns that give the label away: known only because the outcome is.

For every label (a required column that is true or false), each other column and each trait is tried alone. What
separates the two classes almost perfectly is not a feature but the answer in disguise, such as a cancellation date.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import ibis
import numpy as np

from commerce.readiness import Finding, Requirement
from lake.schema import declared

_MOST_ROWS = 100_000
_FEWEST_PER_CLASS = 20
_SEPARATES = 0.99


def leaks(name: str, rows: ibis.Table, requirement: Requirement) -> list[Finding]:
    """One error per column or trait that alone separates the classes of a label with an AUC of 0.99 or more."""
    table = declared(name)
    labels = [c for c in requirement.columns if table.column(c).type == "bool"]
    findings = []
    for label in labels:
        sample = rows.filter(rows[label].notnull()).limit(_MOST_ROWS).to_pyarrow().to_pylist()
        truth = np.array([r[label] for r in sample], dtype=bool)
        if min(truth.sum(), (~truth).sum()) < _FEWEST_PER_CLASS:
            continue
        for column, values in _candidates(sample, {label, *table.key, table.time}).items():
            area = _separation(values, truth)
            if area >= _SEPARATES:
                findings.append(
                    Finding(
                        severity="error",
                        check="leaking",
                        table=name,
                        column=column,
                        count=len(sample),
                        share=round(area, 4),
                        message=f"{name}: {column} alone tells {label} (AUC {area:.3f})",
                        advice="it is known only with the outcome: leave it out of the load",
                    )
                )
    return findings


def _candidates(sample: list[dict[str, Any]], apart: set[str]) -> dict[str, list[Any]]:
    """Values by column and by JSON entry (`traits.Contract`), in the rows' order."""
    found: dict[str, list[Any]] = defaultdict(lambda: [None] * len(sample))
    for i, row in enumerate(sample):
        for column, value in row.items():
            if column in apart or value is None:
                continue
            if column in ("traits", "attributes"):
                for entry, inner in json.loads(value).items():
                    if not isinstance(inner, dict | list):
                        found[f"{column}.{entry}"][i] = inner
            else:
                found[column][i] = value
    return found


def _separation(values: list[Any], truth: np.ndarray) -> float:
    """AUC of the value alone, the better of both directions; 0.5 for what is as good as an id.

    Numbers are ranked by themselves, texts by the share of true labels among rows with the same text, and whether
    there is a value at all is tried too.
    """
    present = np.array([v is not None for v in values])
    area = _auc(present.astype(float), truth)
    kinds = {type(v) for v in values if v is not None}
    if kinds and kinds <= {int, float, bool}:
        numbers = np.array([np.nan if v is None else float(v) for v in values])
        return max(area, _auc(np.where(present, numbers, np.nanmin(numbers) - 1), truth))
    texts = np.array(["" if v is None else str(v) for v in values])
    _, codes, counts = np.unique(texts, return_inverse=True, return_counts=True)
    if len(counts) > len(texts) / 10:
        # Nearly every row has a text of its own: its share of true labels is the label itself and says nothing.
        return area
    shares = np.bincount(codes, weights=truth) / counts
    return max(area, _auc(shares[codes], truth))


def _auc(score: np.ndarray, truth: np.ndarray) -> float:
    """Area under the ROC curve by the rank-sum formula (Mann–Whitney), ties at their mean rank; ≥ 0.5."""
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive, negative = truth.sum(), (~truth).sum()
    area = (ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative)
    return float(max(area, 1 - area))
