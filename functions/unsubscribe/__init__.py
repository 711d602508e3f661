"""Answers the links by which customers unsubscribe: a page that asks, and the POST that does it."""
