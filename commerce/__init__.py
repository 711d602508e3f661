"""The words everybody speaks: events, lake tables, and one spec per model family.

Imports nothing of ours; pydantic and the standard library only, so that every room, a Lambda zip included, can hold it.
"""
