"""Synthesized assemblies, each made once per session, and a reader of their templates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commerce.families import discover
from infra.node import use_packaged_node
from infra.settings import ProvisionedEndpoint, Settings, load
from infra.synth import synthesize

# Tests that import CDK themselves do so after this file.
use_packaged_node()


@dataclass(frozen=True)
class Assembly:
    """The templates of one assembly by stack, such as `Data`."""

    folder: Path
    env: str

    def template(self, stack: str) -> dict[str, Any]:
        return json.loads((self.folder / f"Shopkeeper-{self.env}-{stack}.template.json").read_text())

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Every resource of every stack as `<stack>/<logical id>`."""
        found = {}
        for path in sorted(self.folder.glob("*.template.json")):
            stack = path.name.split(".")[0].rsplit("-", 1)[1]
            for id_, resource in json.loads(path.read_text())["Resources"].items():
                found[f"{stack}/{id_}"] = resource
        return found

    def of(self, type_: str) -> dict[str, dict[str, Any]]:
        """Properties of the resources of a type."""
        return {id_: r.get("Properties", {}) for id_, r in self.resources.items() if r["Type"] == type_}


@pytest.fixture(scope="session")
def local_assembly(tmp_path_factory) -> Assembly:
    """What the laptop deploys."""
    return Assembly(synthesize("local", tmp_path_factory.mktemp("assembly") / "local"), "local")


@pytest.fixture(scope="session")
def dev(tmp_path_factory) -> Assembly:
    """An environment that goes on destroy, checked by the security packs."""
    return Assembly(synthesize("dev", tmp_path_factory.mktemp("assembly") / "dev", checks=True), "dev")


@pytest.fixture(scope="session")
def prod(tmp_path_factory) -> Assembly:
    """An environment that stays, checked by the security packs, with someone who is told."""
    settings = load("prod").model_copy(update={"alarm_email": "alarms@shop.example", "account": "111122223333"})
    return Assembly(synthesize(settings, tmp_path_factory.mktemp("assembly") / "prod", checks=True), "prod")


@pytest.fixture(scope="session")
def grown(tmp_path_factory) -> Assembly:
    """A shop with a second family that answers in real time on instances, prepared on Spark; checked as well."""
    settings = load("dev").model_copy(
        update={
            "name": "grown",
            "engine": "spark",
            "endpoint": ProvisionedEndpoint(mode="provisioned", min_instances=2, max_instances=6),
        }
    )
    families = discover() | {"swift": swift()}
    out = tmp_path_factory.mktemp("assembly") / "grown"
    return Assembly(synthesize(Settings.model_validate(settings), out, checks=True, families=families), "grown")


def swift():
    """A family in endpoint mode."""
    return discover()["churn"].model_copy(update={"name": "swift", "mode": "endpoint", "title": "Swift"})
