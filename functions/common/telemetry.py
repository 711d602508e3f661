"""Structured logs and embedded metrics (EMF). Neither ever carries personal data, customers' ids included."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "Shopkeeper"


def logger(service: str) -> Logger:
    """The JSON logger of a function."""
    return Logger(service=service)


def metrics(service: str) -> Metrics:
    """The metrics of a function, written to its log and read from there by CloudWatch."""
    return Metrics(namespace=NAMESPACE, service=service)
