"""The container's entry point: `python -m training STEP`, one of `STEPS`.

Exit codes: 0 done, 1 failed with the reason on stderr and where SageMaker looks for it, 2 called wrongly.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from pydantic import ValidationError

from campaigns.errors import CampaignError
from training.contract import TrainingError
from training.layout import Layout

STEPS = (
    "prepare",
    "train",
    "evaluate",
    "score",
    "serve",
    "monitor",
    "audience",
    "allocate",
    "measure",
    "erase",
    "export",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one step and say how it ended."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    step = parser.parse_args(argv).step
    return run(step, Layout.from_environment())


def run(step: str, layout: Layout) -> int:
    """Run `step` in `layout`; the exit code. Expected failures are one line, others leave a traceback in the log."""
    try:
        import_module(f"training.entrypoints.{step}").run(layout)
    except (TrainingError, CampaignError, LookupError) as error:
        return _failed(layout, step, str(error.args[0]) if error.args else str(error))
    except ValidationError as error:
        fields = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        return _failed(layout, step, f"{error.title} is not valid: {fields}")
    except Exception as error:  # noqa: BLE001 (the last handler of the process: whatever it is must reach SageMaker)
        traceback.print_exc()
        return _failed(layout, step, f"{type(error).__name__}: {error}")
    return 0


def _failed(layout: Layout, step: str, reason: str) -> int:
    print(f"{step} failed: {reason}", file=sys.stderr, flush=True)
    layout.fail(f"{step} failed: {reason}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
