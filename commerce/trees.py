"""Decision trees, walked in plain Python: what a function needs to answer by a model without its library.

A tree is lists over its inner nodes: `feature` (place in the row), `threshold` (left where the value is at most that),
`missing` (whether a row without the value goes left), `left` and `right` (an inner node, or the leaf ~n where it is
negative), and `value` over its leaves; `mean` is what the tree gives on average below each inner node, by which
contributions are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


Node = tuple[int, float, bool, "Node | None", float, "Node | None", float]
"""(feature, threshold, missing, left, mean of the left, right, mean of the right); None in a leaf's place."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees whose values add up to the raw score, on top of `start`."""

    start: float
    trees: tuple[Tree, ...]
    _roots: tuple[tuple[Node | None, float], ...] = field(init=False, repr=False, compare=False)
    """The trees with all that a step needs in one place, which takes half the time of looking it up in their lists."""

    def __post_init__(self) -> None:
        # A frozen dataclass sets what follows from its fields this way.
        object.__setattr__(self, "_roots", tuple(_linked(tree) for tree in self.trees))

    def explained(self, row: Row) -> tuple[float, list[float]]:
        """The raw score of one row, and what each feature adds to it, in one walk.

        Each step changes the mean of what is below; the change is the split feature's (A. Saabas, *Interpreting random
        forests*, 2014). With the forest's mean they add up to the raw score.
        """
        total, added = self.start, [0.0] * len(row)
        for node, here in self._roots:
            while node:
                feature, threshold, missing, left, of_left, right, of_right = node
                value = row[feature]
                if missing if value is None else value <= threshold:
                    node, below = left, of_left
                else:
                    node, below = right, of_right
                added[feature] += below - here
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


def _linked(tree: Tree) -> tuple[Node | None, float]:
    """The tree's first node, None of a single leaf, and its mean."""
    nodes: dict[int, Node] = {}

    def below(child: int) -> tuple[Node | None, float]:
        return (nodes[child], tree.mean[child]) if child >= 0 else (None, tree.value[~child])

    # A child comes after its parent, so that from the last on every child is there.
    for at in reversed(range(len(tree.feature))):
        left, right = below(tree.left[at]), below(tree.right[at])
        nodes[at] = (tree.feature[at], tree.threshold[at], tree.missing[at], *left, *right)
    return below(0 if nodes else -1)


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
