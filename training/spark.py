"""The step on EMR Serverless: `spark.py prepare '{"SHOPKEEPER_FAMILY": …}'`.

EMR gives a job arguments instead of environment variables and uploads nothing, so this sets the variables, runs the
step in a folder of its own and puts what it wrote below `SHOPKEEPER_OUTPUT` (s3://bucket/prefix).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

import boto3

from training.__main__ import run
from training.layout import Layout


def main(argv: Sequence[str]) -> int:
    """Run one step; the exit code."""
    if len(argv) != 2:
        print(f"usage: spark.py STEP ENVIRONMENT, not {len(argv)} arguments", file=sys.stderr)
        return 2
    step, environment = argv
    os.environ.update({name: str(value) for name, value in json.loads(environment).items()})
    with tempfile.TemporaryDirectory() as scratch:
        layout = Layout(Path(scratch))
        code = run(step, layout)
        if code == 0:
            upload(layout.root / "processing" / "output", os.environ["SHOPKEEPER_OUTPUT"])
    return code


def upload(folder: Path, uri: str) -> None:
    """Put every file of `folder` below `uri`, under its path relative to `folder`."""
    parts = urlparse(uri)
    s3 = boto3.client("s3")
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        s3.upload_file(str(path), parts.netloc, f"{parts.path.strip('/')}/{path.relative_to(folder).as_posix()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
