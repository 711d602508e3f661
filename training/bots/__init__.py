"""Robots among the sessions."""

from training.bots.family import Bots

FAMILY_MODEL = Bots()
