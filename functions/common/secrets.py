"""The secret that signs links and makes coupon codes, from Secrets Manager, remembered for a while."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from functions.common.aws import client
from functions.common.environment import setting

KEPT_SECONDS = 300.0
"""A rotated secret is used everywhere this soon; until then the one before it is still accepted."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """`previous` is empty where the secret was never rotated."""

    current: str
    previous: str = ""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Those that a signature may be made with."""
        return (self.current, self.previous) if self.previous else (self.current,)


_kept: dict[str, tuple[float, Secrets]] = {}


def token_secrets() -> Secrets:
    """The secret named by `TOKEN_SECRET`."""
    name = setting("TOKEN_SECRET")
    known = _kept.get(name)
    if known is not None and time.monotonic() < known[0]:
        return known[1]
    text = client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    content = json.loads(text)
    found = Secrets(content["current"], content.get("previous") or "")
    _kept[name] = (time.monotonic() + KEPT_SECONDS, found)
    return found


def forget() -> None:
    """Read the secret again when it is next asked for."""
    _kept.clear()
