"""Demand: features, label, model, floors and metrics of the family, behind the contract."""

from training.demand.family import Demand

FAMILY_MODEL = Demand()
