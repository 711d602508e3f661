"""Reads a synthesized cloud assembly: its stacks in the order of their dependencies, and their file assets.

Format: https://github.com/aws/aws-cdk/tree/main/packages/aws-cdk-lib/cloud-assembly-schema
"""

import json
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asset:
    """A file or a directory to be zipped, and where the templates expect to find it."""

    path: Path
    packaging: str
    bucket: str
    key: str


@dataclass(frozen=True)
class Stack:
    """One CloudFormation stack of the assembly."""

    name: str
    template: Path
    parameters: dict[str, str] = field(default_factory=dict)

    def body(self) -> str:
        """The template as text."""
        return self.template.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Assembly:
    """A directory written by ``cdk synth``, read for one account and region."""

    directory: Path
    account: str
    region: str

    def stacks(self) -> list[Stack]:
        """All stacks, each after those it depends on; raises ``FileNotFoundError`` if nothing was synthesized."""
        artifacts = self._artifacts()
        stacks = {
            name: Stack(
                name=artifact.get("properties", {}).get("stackName", name),
                template=self.directory / artifact["properties"]["templateFile"],
                parameters=artifact["properties"].get("parameters", {}),
            )
            for name, artifact in artifacts.items()
            if artifact["type"] == "aws:cloudformation:stack"
        }
        needs = {name: set(artifacts[name].get("dependencies", ())) & set(stacks) for name in stacks}
        return [stacks[name] for name in TopologicalSorter(needs).static_order()]

    def assets(self) -> list[Asset]:
        """File assets of all stacks, once each; container images are left out, as jobs run as processes here."""
        found: dict[tuple[str, str], Asset] = {}
        for artifact in self._artifacts().values():
            if artifact["type"] != "cdk:asset-manifest":
                continue
            manifest = json.loads((self.directory / artifact["properties"]["file"]).read_text(encoding="utf-8"))
            for entry in manifest.get("files", {}).values():
                source = entry["source"]
                for destination in entry["destinations"].values():
                    bucket = self._resolve(destination["bucketName"])
                    key = destination["objectKey"]
                    found[bucket, key] = Asset(self.directory / source["path"], source["packaging"], bucket, key)
        return list(found.values())

    def _artifacts(self) -> dict[str, dict[str, Any]]:
        manifest = json.loads((self.directory / "manifest.json").read_text(encoding="utf-8"))
        return manifest.get("artifacts", {})

    def _resolve(self, text: str) -> str:
        for name, value in (("AccountId", self.account), ("Region", self.region), ("Partition", "aws")):
            text = text.replace(f"${{AWS::{name}}}", value)
        return text
