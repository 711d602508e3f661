"""Removes the partitions of the lake that are older than their table's retention."""
