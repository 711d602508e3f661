"""Recommendations: which products to show to whom, and why."""

from training.recommendations.family import RecommendationsFamily

FAMILY_MODEL = RecommendationsFamily()
