"""What every test shares."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# A time limit per example would fail tests on a busy machine for no fault of the code.
settings.register_profile("shopkeeper", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
settings.load_profile("shopkeeper")

# Spark's tests end long before what Java's second compiler makes of their code pays.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

SHARING = ("tests/infra", "tests/journey", "tests/local")
"""Folders whose tests share something that is slow to make: an assembly, a running cloud."""


LONGEST = "tests/journey/"
"""What takes longest in one worker begins first, so that nobody waits for it alone in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


class FolderScheduling(LoadScopeScheduling):
    """Tests of a sharing folder stay in one worker, in order; other tests go by file, which keeps module fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return next((folder for folder in SHARING if file.startswith(folder + "/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FolderScheduling:
    return FolderScheduling(config, log)
