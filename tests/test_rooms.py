"""The house's rule: a room imports only what the design lets it (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "commerce": set(),
    "lake": {"commerce"},
    "campaigns": {"commerce", "lake"},
    "training": {"commerce", "lake", "campaigns"},
    "functions": {"commerce"},
    "infra": {"commerce"},
    "local": {"commerce"},
    "cli": {"commerce", "lake"},
}
LEARNING = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "lightgbm", "ibis", "duckdb", "pyspark"}


def imported(path: Path) -> set[str]:
    """Top-level names of every absolute import in a file, also those inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room):
    # GIVEN every file of a room
    allowed = MAY_IMPORT[room] | {room}
    # WHEN its imports of our rooms are collected
    foreign = {str(f.relative_to(ROOT)): imported(f) & set(MAY_IMPORT) - allowed for f in files(room)}
    # THEN there is none it may not have
    assert {f: names for f, names in foreign.items() if names} == {}


@pytest.mark.parametrize("room", ["commerce", "functions", "infra"])
def test_light_rooms_hold_no_learning_library(room):
    # GIVEN every file of a room that must stay light
    # WHEN its imports are collected
    heavy = {str(f.relative_to(ROOT)): imported(f) & LEARNING for f in files(room)}
    # THEN none is an ML or data-frame library
    assert {f: names for f, names in heavy.items() if names} == {}


@pytest.mark.parametrize("room", [*MAY_IMPORT, "benchmarks"])
def test_no_pickle_is_loaded(room):
    # GIVEN every file of a room
    # WHEN its imports are collected
    found = {str(f.relative_to(ROOT)): imported(f) & {"pickle", "joblib", "cloudpickle", "dill"} for f in files(room)}
    # THEN none of them can load one
    assert {f: names for f, names in found.items() if names} == {}


@pytest.mark.parametrize("room", [r for r in MAY_IMPORT if r != "commerce"])
def test_no_room_asks_which_family_it_is(room):
    # GIVEN every file outside the family's own folder
    from commerce.families import discover

    own = {ROOT / "training" / name for name in discover()}
    outside = [f for f in files(room) if not own & set(f.parents)]
    # WHEN comparisons with a family's name are looked for
    branches = [
        f"{f.relative_to(ROOT)}:{node.lineno}"
        for f in outside
        for node in ast.walk(ast.parse(f.read_text()))
        if isinstance(node, ast.Compare)
        and any(isinstance(c, ast.Constant) and c.value in discover() for c in [node.left, *node.comparators])
    ]
    # THEN there is none: a new family touches one spec and one folder
    assert branches == []
