"""Decision trees, walked in plain Python: what a function needs to answer by a model without its library.

A tree is lists over its inner nodes: `feature` (place in the row), `threshold` (left where the value is at most that),
`missing` (whether a row without the value goes left), `left` and `right` (an inner node, or the leaf ~n where it is
negative), and `value` over its leaves; `mean` is what the tree gives on average below each inner node, by which
contributions are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self


class Tree(NamedTuple):
    """One tree. Of a single leaf, the lists over inner nodes are empty."""

    feature: list[int]
    threshold: list[float]
    missing: list[bool]
    left: list[int]
    right: list[int]
    value: list[float]
    mean: list[float]


Row = Sequence[float | None]
"""The inputs in the order of the model's features; None where there is no value."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees whose values add up to the raw score, on top of `start`."""

    start: float
    trees: tuple[Tree, ...]

    def raw(self, row: Row) -> float:
        """The raw score of one row."""
        total = self.start
        for tree in self.trees:
            total += tree.value[_leaf(tree, row)]
        return total

    def contributions(self, row: Row) -> list[float]:
        """What each feature adds to the raw score of one row.

        Each step of a walk changes the mean of what is below; the change is the split feature's (A. Saabas,
        *Interpreting random forests*, 2014). With the forest's mean they add up to the raw score.
        """
        added = [0.0] * len(row)
        for tree in self.trees:
            node = 0 if tree.feature else -1
            while node >= 0:
                feature = tree.feature[node]
                after = _next(tree, node, row)
                added[feature] += (tree.mean[after] if after >= 0 else tree.value[~after]) - tree.mean[node]
                node = after
        return added

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From `{"start", "trees": [{"feature", …}]}`. Raises KeyError, TypeError or ValueError."""
        trees = tuple(_tree(each) for each in document["trees"])
        return cls(float(document["start"]), trees)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"start": self.start, "trees": [tree._asdict() for tree in self.trees]}


def _leaf(tree: Tree, row: Row) -> int:
    feature, threshold, missing, left, right, *_ = tree
    node = 0 if feature else -1
    while node >= 0:
        value = row[feature[node]]
        goes_left = missing[node] if value is None else value <= threshold[node]
        node = left[node] if goes_left else right[node]
    return ~node


def _next(tree: Tree, node: int, row: Row) -> int:
    value = row[tree.feature[node]]
    goes_left = tree.missing[node] if value is None else value <= tree.threshold[node]
    return tree.left[node] if goes_left else tree.right[node]


def _tree(document: Mapping[str, Any]) -> Tree:
    """Checked, so that a walk ends and stays within the lists: a child comes after its parent."""
    tree = Tree(**{name: list(document[name]) for name in Tree._fields})
    inner = len(tree.feature)
    if not all(len(getattr(tree, name)) == inner for name in ("threshold", "missing", "left", "right", "mean")):
        raise ValueError("a tree's lists differ in length")
    for node in range(inner):
        for child in (tree.left[node], tree.right[node]):
            if not (node < child < inner or -len(tree.value) <= child < 0):
                raise ValueError("a tree's child comes before its parent, or is none")
    if not tree.value:
        raise ValueError("a tree has no leaf")
    return tree
