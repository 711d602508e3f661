"""Registers the run's model, accepted or rejected, so that what was tried stays known."""
