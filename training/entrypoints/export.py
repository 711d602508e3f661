"""Export: everything held about a customer, as one JSON file."""

from __future__ import annotations

import os

from lake.privacy.jobs import PrivacyError, export_customer
from lake.privacy.settings import Settings
from training.contract import TrainingError
from training.layout import Layout
from training.progress import say


def run(layout: Layout) -> None:
    """The processing job."""
    try:
        export_customer(Settings.of(os.environ), layout.produced("export") / "export.json", say)
    except PrivacyError as error:
        raise TrainingError(str(error)) from None
