"""Churn: features, label, model, floors and metrics of the family, behind the contract."""

from training.churn.family import Churn

FAMILY_MODEL = Churn()
