"""Answers the lists over all answers of a family: pages and CSV of what the released version ranked."""
