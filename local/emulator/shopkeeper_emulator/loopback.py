"""Makes the gateway listen on this machine only; LocalEmu opens its port on every interface, whatever it is told."""

from functools import partial
from types import SimpleNamespace

from localemu.runtime.server import twisted as server
from twisted.internet import endpoints


def install() -> None:
    """Bind to 127.0.0.1."""
    only_here = partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")
    server.endpoints = SimpleNamespace(TCP4ServerEndpoint=only_here, TCP6ServerEndpoint=endpoints.TCP6ServerEndpoint)
