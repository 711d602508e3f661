"""Bringing a shop's files and public data sets into the lake, with a report of what was done and what was wrong."""

from lake.loaders.report import Handled, LoadReport, Progress, TableLoad

__all__ = ["Handled", "LoadReport", "Progress", "TableLoad"]
