"""Erase: a customer out of lake, raw events, runs and campaigns; ends well only if a search finds nothing left."""

from __future__ import annotations

import os

from lake.privacy.jobs import PrivacyError, erase_customer
from lake.privacy.settings import Settings
from training.contract import TrainingError
from training.layout import Layout
from training.progress import say


def run(_layout: Layout) -> None:
    """The processing job."""
    try:
        erase_customer(Settings.of(os.environ), say)
    except PrivacyError as error:
        raise TrainingError(str(error)) from None
