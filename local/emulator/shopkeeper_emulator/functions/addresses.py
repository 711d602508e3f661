"""Addresses of the cloud's own APIs in a function's variables: what has a name in AWS has a path on this machine."""

import re

from shopkeeper_emulator.settings import settings

_API = re.compile(r"https://(?P<api>[a-z0-9]+)\.execute-api\.[^/\s]+/(?P<stage>[\w-]+)")


def reachable(text: str) -> str:
    """The text with addresses of REST APIs as this machine answers them, so that links in letters work."""
    return _API.sub(lambda match: f"{settings().endpoint}/_aws/execute-api/{match['api']}/{match['stage']}", text)
