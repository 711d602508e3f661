"""Moves a family's release pointer: what is live changes by one conditional write."""
