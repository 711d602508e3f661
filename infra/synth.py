"""Synthesizing an environment: settings in, a folder of CloudFormation templates and assets out."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from commerce.families import discover
from commerce.family import Family
from infra.node import use_packaged_node
from infra.packaging import ROOT
from infra.settings import Settings, load


def synthesize(
    env: str | Settings, out: Path, *, checks: bool | None = None, families: Mapping[str, Family] | None = None
) -> Path:
    """Write the cloud assembly of environment `env` to the folder `out`, replacing what was there, and return `out`.

    `checks` overrides the setting of the same name. Raises `SettingsError`, `PackagingError` or `WorkflowError` with
    what to correct, and jsii's errors where a check fails.
    """
    settings = env if isinstance(env, Settings) else load(env)
    wanted = settings.checks if checks is None else checks
    use_packaged_node()
    # Importing CDK starts Node.
    import aws_cdk as cdk

    from infra import assembly

    shutil.rmtree(out, ignore_errors=True)
    flags = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    app = cdk.App(
        outdir=str(out),
        analytics_reporting=False,
        context=flags,
        # CDK's own validation takes longer to load than everything else; it is one of the checks.
        builtin_cloud_formation_validation=wanted,
    )
    assembly.build(app, settings, discover() if families is None else families)
    if wanted:
        assembly.check(app)
    app.synth()
    print(f"{settings.name}: {out}", file=sys.stderr)
    return out
