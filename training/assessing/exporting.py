"""Trees of libraries in the form that `commerce.trees` walks."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
from sklearn.ensemble import IsolationForest

from commerce.trees import Forest, Tree

ABSENT = -1.0
"""What an isolation forest is told where there is no value: below every count, sum and span."""


def of_booster(booster: lightgbm.Booster) -> Forest:
    """LightGBM's trees: raw scores of finite or missing values are the library's."""
    return Forest(0.0, tuple(_boosted(info["tree_structure"]) for info in booster.dump_model()["tree_info"]))


def of_isolation(forest: IsolationForest) -> Forest:
    """The raw score is minus the mean path length (F. T. Liu, K. M. Ting and Z.-H. Zhou, *Isolation forest*, 2008): the
    shorter, the more unusual. Scikit-learn rounds values to single precision before it compares them; thresholds are
    moved to where that makes a difference, so that walks are equal."""
    count = len(forest.estimators_)
    return Forest(0.0, tuple(_isolating(each.tree_, count) for each in forest.estimators_))


def vectorised(forest: Forest, X: np.ndarray) -> np.ndarray:
    """(rows,) raw scores of X (rows, features; NaN where there is no value), as `Forest.explained` gives each."""
    total = np.full(len(X), forest.start)
    for tree in forest.trees:
        total += np.array(tree.value)[_leaves(tree, X)]
    return total


def _leaves(tree: Tree, X: np.ndarray) -> np.ndarray:
    node = np.full(len(X), 0 if tree.feature else -1)
    feature, threshold, missing, left, right = (np.array(part) for part in tree[:5])
    walking = np.flatnonzero(node >= 0)
    while len(walking):
        at = node[walking]
        value = X[walking, feature[at]]
        goes_left = np.where(np.isnan(value), missing[at], value <= threshold[at])
        node[walking] = np.where(goes_left, left[at], right[at])
        walking = walking[node[walking] >= 0]
    return ~node


class _Growing:
    """A tree while its nodes are listed, parents before their children."""

    def __init__(self) -> None:
        self.tree = Tree([], [], [], [], [], [], [])

    def inner(self, feature: int, threshold: float, *, missing: bool) -> int:
        tree = self.tree
        tree.feature.append(feature)
        tree.threshold.append(threshold)
        tree.missing.append(missing)
        for part in (tree.left, tree.right):
            part.append(0)
        tree.mean.append(0.0)
        return len(tree.feature) - 1

    def leaf(self, value: float) -> int:
        self.tree.value.append(value)
        return -len(self.tree.value)


def _boosted(structure: dict[str, Any]) -> Tree:
    growing = _Growing()

    def grow(node: dict[str, Any]) -> tuple[int, float, float]:
        """(place, rows below, their mean)."""
        if "split_feature" not in node:
            value = float(node["leaf_value"])
            return growing.leaf(value), float(node.get("leaf_count", 1)), value
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            raise ValueError("trees that split by category or take zero for missing cannot be exported")
        # Without missing values in training LightGBM takes them for zero.
        zero = node["missing_type"] == "None"
        threshold = float(node["threshold"])
        missing = threshold >= 0.0 if zero else bool(node["default_left"])
        place = growing.inner(int(node["split_feature"]), threshold, missing=missing)
        return _joined(growing.tree, place, grow(node["left_child"]), grow(node["right_child"]))

    grow(structure)
    return growing.tree


def _isolating(found: Any, trees: int) -> Tree:
    growing = _Growing()

    def grow(node: int, depth: int) -> tuple[int, float, float]:
        rows = float(found.n_node_samples[node])
        if found.children_left[node] < 0:
            value = -(depth + _average_path(rows)) / trees
            return growing.leaf(value), rows, value
        threshold = _unrounded(float(found.threshold[node]))
        place = growing.inner(int(found.feature[node]), threshold, missing=threshold >= ABSENT)
        left, right = int(found.children_left[node]), int(found.children_right[node])
        return _joined(growing.tree, place, grow(left, depth + 1), grow(right, depth + 1))

    grow(0, 0)
    return growing.tree


def _joined(
    tree: Tree, place: int, left: tuple[int, float, float], right: tuple[int, float, float]
) -> tuple[int, float, float]:
    rows = left[1] + right[1]
    tree.left[place], tree.right[place] = left[0], right[0]
    tree.mean[place] = (left[1] * left[2] + right[1] * right[2]) / rows
    return place, rows, tree.mean[place]


def _unrounded(threshold: float) -> float:
    """The largest value that is at most `threshold` once it is rounded to single precision."""
    below = np.float32(threshold)
    if float(below) > threshold:
        below = np.nextafter(below, np.float32(-np.inf))
    above = np.nextafter(below, np.float32(np.inf))
    middle = (float(below) + float(above)) / 2
    return middle if np.float32(middle) == below else float(np.nextafter(middle, -np.inf))


def _average_path(rows: float) -> float:
    """Mean length of an unsuccessful search in a binary tree of so many rows."""
    if rows <= 1:
        return 0.0
    if rows == 2:
        return 1.0
    return 2.0 * (np.log(rows - 1.0) + np.euler_gamma) - 2.0 * (rows - 1.0) / rows
