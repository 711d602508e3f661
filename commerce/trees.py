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

    def explained(self, row: Row) -> tuple[float, list[float]]:
        """`raw`, and what each feature adds to it, in one walk.

        Each step changes the mean of what is below; the change is the split feature's (A. Saabas, *Interpreting random
        forests*, 2014). With the forest's mean they add up to the raw score.
        """
        total, added = self.start, [0.0] * len(row)
        for feature, threshold, missing, left, right, leaves, mean in self.trees:
            node, here = (0, mean[0]) if feature else (-1, leaves[0])
            while node >= 0:
                split = feature[node]
                value = row[split]
                goes_left = missing[node] if value is None else value <= threshold[node]
                node = left[node] if goes_left else right[node]
                below = mean[node] if node >= 0 else leaves[~node]
                added[split] += below - here
                here = below
            total += here
        return total, added

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
