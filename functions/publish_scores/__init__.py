"""Writes one file of batch scores, or of profiles, to the score table, under the new version."""
