"""Answers the questions of families with a route of their own, and keeps what was shown."""
