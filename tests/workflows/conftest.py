"""Workflows run in the account that the functions' tests use."""

from tests.functions.conftest import account, context, environment

__all__ = ["account", "context", "environment"]
