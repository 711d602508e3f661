"""What a version must reach before it decides on anything."""

from commerce.evaluation import Gate

GATES = (
    Gate(metric="ap", better="higher", margin_to_champion=0.03, margin_to_floors=0.02),
    Gate(metric="auc", better="higher", bound=0.6, margin_to_champion=0.02, margin_to_floors=0.02),
)
"""Not the floor of single features alone: a default LightGBM on everything is among the floors."""
