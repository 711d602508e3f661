"""Recommendations: which products to show to whom, and why."""
