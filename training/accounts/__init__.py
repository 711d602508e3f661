"""Accounts that one hand uses, as a graph."""

from training.accounts.family import Accounts

FAMILY_MODEL = Accounts()
