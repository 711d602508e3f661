"""`python -m infra --env NAME --out DIR`: synthesize an environment's stacks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.packaging import PackagingError
from infra.settings import SettingsError
from infra.synth import synthesize


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when the assembly is written, 2 when settings or sources cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m infra", description="Synthesize the stacks of an environment.")
    parser.add_argument("--env", required=True, help="an environment: the name of a file below infra/environments")
    parser.add_argument("--out", type=Path, required=True, help="folder of the assembly; what is in it is replaced")
    parser.add_argument(
        "--checks",
        action=argparse.BooleanOptionalAction,
        help="run the security packs and CDK's validation; the environment's own setting when left out",
    )
    options = parser.parse_args(arguments)
    try:
        synthesize(options.env, options.out, checks=options.checks)
    except (SettingsError, PackagingError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
