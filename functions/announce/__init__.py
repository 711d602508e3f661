"""Tells the shop's bus what a released version found that somebody should hear of."""
