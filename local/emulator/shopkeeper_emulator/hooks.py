"""Applies every extension to LocalEmu before it serves its first request."""

from shopkeeper_emulator import lean_start


def install() -> None:
    """Patch LocalEmu; called once, before its runtime is created."""
    lean_start.install()
