"""Jobs that may still write a customer whom they read before the erasure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3

_POLL_SECONDS = 30.0
_LONGEST_SECONDS = 12 * 3600.0
_OWN = "-privacy-"


def wait(environment: str, say: Callable[[str], None], *, poll: float = _POLL_SECONDS) -> bool:
    """Wait for the environment's jobs that are running now to end; whether there were any.

    Jobs that start later read what is clean. Raises `TimeoutError` after half a day.
    """
    sagemaker = boto3.client("sagemaker")
    waited_for = set(_running(sagemaker, environment))
    running, until = waited_for, time.monotonic() + _LONGEST_SECONDS
    while running:
        if time.monotonic() > until:
            raise TimeoutError("jobs that began before the erasure do not end; ask for the erasure again")
        say(f"waiting for {len(running)} jobs that began before")
        time.sleep(poll)
        running = waited_for & set(_running(sagemaker, environment))
    return bool(waited_for)


def ours(name: str, environment: str) -> bool:
    """Whether a job is one of the environment's and no privacy job."""
    return name.startswith(f"{environment}-") and _OWN not in name


def _running(sagemaker: Any, environment: str) -> Iterator[str]:
    for kind in ("Processing", "Training"):
        pages = sagemaker.get_paginator(f"list_{kind.lower()}_jobs").paginate(
            StatusEquals="InProgress", NameContains=f"{environment}-"
        )
        for page in pages:
            names = (job[f"{kind}JobName"] for job in page[f"{kind}JobSummaries"])
            yield from (name for name in names if ours(name, environment))
