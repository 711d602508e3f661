"""Writes one file of batch scores to the score table, under the new version."""
