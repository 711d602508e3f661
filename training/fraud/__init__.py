"""Fraud of payments."""

from training.fraud.family import Fraud

FAMILY_MODEL = Fraud()
