"""What the state takes: a million cards counted, and what ten million would take.

Each card has payments as the Handbook's customers do in a month, 1 to 60; its item is what DynamoDB stores: keys, the
state's text, revision and expiry. The most that an item can grow to does not depend on how much happens.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from commerce.families.fraud import FAMILY
from commerce.families.fraud.streams import AMOUNT, CARD, DECLINED, LOG_AMOUNT
from commerce.streams import EntityState, Features, Label
from commerce.streams.observation import Counted, digest
from commerce.streams.windows import DAY, SECOND
from functions.common.streams import state_key

CARDS = 1_000_000
MADE = 20_000
"""Cards whose states are made, at a millisecond or two each. The million that are held repeat them under keys of their
own: others would differ by chance alone."""
MOST = 60
BEGIN = 1_700_000_000 * SECOND
REST = len("pk") + len("sk") + len("state") + len("revision") + len("ttl") + 20
"""Bytes of an item beside key and state: its attributes' names, revision and expiry."""


def megabytes(seed: int) -> dict[str, float | int | None]:
    """MB of a million states and of ten million, and bytes of the largest that an entity of fraud can have."""
    assert FAMILY.assessment is not None
    of = next(each for each in FAMILY.assessment.streams.features if each.entity == CARD)
    rng = np.random.default_rng(seed)
    made = [_made(of, number, rng) for number in range(MADE)]
    # Memory of its own for each, so that the benchmark's `peak_mb` has them all.
    held = {_key(of, number): bytes(bytearray(made[number % MADE])) for number in range(CARDS)}
    mean = float(np.mean([_bytes(key, text) for key, text in held.items()]))
    return {
        "state.held": len(held),
        "state.mb_at_1m": mean * len(held) / 1e6,
        "state.mb_at_10m": mean * 10 * CARDS / 1e6,
        "state.bytes_mean": mean,
        "state.bytes_most": max(_most(each) for each in FAMILY.assessment.streams.features),
    }


def _made(of: Features, number: int, rng: np.random.Generator) -> bytes:
    """The text of a card's state."""
    state = EntityState()
    for payment, day in enumerate(np.sort(rng.random(int(rng.integers(1, MOST + 1))) * 30)):
        state.add(of, _counted(number, payment, BEGIN + int(day * DAY.seconds) * SECOND, rng))
    return state.text().encode()


def _most(of: Features) -> int:
    """An entity with a payment every ten minutes for as long as anything is kept, and a fraud known each day."""
    state, rng = EntityState(), np.random.default_rng(0)
    for number in range(0, DAY.kept * DAY.seconds, 600):
        state.add(of, _counted(0, number, BEGIN + number * SECOND, rng))
    for minute in range(60):
        state.add(of, _counted(0, -minute - 1, BEGIN + (DAY.kept * DAY.seconds + 60 * minute) * SECOND, rng))
    for day in range(DAY.kept):
        state.label(Label(fraud=True, at=BEGIN + day * DAY.seconds * SECOND))
    return _bytes(_key(of, 0), state.text().encode())


def _key(of: Features, number: int) -> str:
    assert FAMILY.assessment is not None
    return "".join(state_key(FAMILY.assessment.streams, of.entity.name, digest(str(number))))


def _bytes(key: str, text: bytes) -> int:
    return len(key) + len(text) + REST


@cache
def _digest(text: str) -> str:
    return digest(text)


def _counted(card: int, number: int, at: int, rng: np.random.Generator) -> Counted:
    assert FAMILY.assessment is not None
    columns = FAMILY.assessment.streams.columns
    values = {name: _digest(f"{name}{int(rng.integers(3))}") for name in columns}
    measures = {AMOUNT: int(rng.integers(10**7)), LOG_AMOUNT: int(rng.integers(60_000)), DECLINED: 0}
    return Counted(f"payment-{card}-{number}", at, {"card": str(card)}, values, measures)
