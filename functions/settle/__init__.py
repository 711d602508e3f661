"""Adds up what became of the parts after a round of sending, and says how the workflow goes on."""
