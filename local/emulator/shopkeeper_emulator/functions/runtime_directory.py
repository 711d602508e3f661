"""The libraries that come with the Lambda Python runtime, in a directory apart from the emulator's own.

A function sees its zip, the standard library, AWS's runtime client and boto3, and nothing else: a dependency
forgotten in the zip is missing here as it would be in AWS.
"""

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from shopkeeper_emulator.settings import settings

_PROVIDED = ("awslambdaric", "boto3")


def _with_requirements(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # a requirement of an extra, or of another platform
        found.add(name)
        todo += [re.split(r"[\s;<>=!~\[(]", r, maxsplit=1)[0] for r in requires if "extra ==" not in r]
    return found


@cache
def runtime_directory() -> Path:
    """Directory to put on ``sys.path`` after the task root; made once per cloud out of links."""
    target = settings().root / "lambda-runtime"
    target.mkdir(parents=True, exist_ok=True)
    for name in _with_requirements(_PROVIDED):
        dist = distribution(name)
        for top in {Path(str(file)).parts[0] for file in dist.files or []} - {"..", "__pycache__"}:
            link = target / top
            if not link.exists():
                link.symlink_to(Path(str(dist.locate_file(top))).resolve())
    return target
