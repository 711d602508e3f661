"""Asking the deployed API, as an app would: one module per group of routes over `http`."""
