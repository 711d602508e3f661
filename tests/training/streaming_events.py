"""A declaration with every kind of feature, events for it, and their values by both forms."""

from __future__ import annotations

import random

import ibis
import pandas as pd

from commerce.streams import (
    D1,
    D7,
    D14,
    D30,
    D90,
    H1,
    M10,
    TODAY,
    Entity,
    EntityState,
    Event,
    Features,
    Label,
    Streams,
    features,
)
from commerce.streams.windows import DAY, SECOND

CARD = Features(
    Entity("card", ("card",)),
    counts=(M10, H1, D1, D7),
    sums=(("amount", D1),),
    means=(("amount", D30),),
    ratios=(("amount", D30),),
    deviations=(("size", D30),),
    surges=(("amount", D7, D30),),
    distinct=(("device", M10), ("device", D30)),
    same=(("device", D90),),
    frauds=(D7, D30),
    fraud_rates=(D7, D30),
    first_frauds=(TODAY, D14),
    since_fraud=True,
    since_last=True,
    since_first=True,
)
PAIR = Features(Entity("card_device", ("card", "device")), counts=(D90,), frauds=(D30,), since_first=True)
STREAMS = Streams("test", (CARD, PAIR), scales={"amount": 10_000})
DELAY = 7
BEGIN = 1_700_000_000 * SECOND
DAY_MICROS = DAY.seconds * SECOND
SCHEMA = {
    "event_id": "string",
    "at": "int64",
    "card": "string",
    "device": "string",
    "amount": "int64",
    "size": "int64",
    "fraud": "boolean",
    "label_at": "int64",
}


def events(count, days, seed, *, burst=0.3):
    """Events of four cards and some without one; a share of them within minutes of the one before, some at once."""
    rng = random.Random(seed)
    found, at = [], BEGIN
    for number in range(count):
        near = rng.random() < burst
        at = at + rng.choice((0, 1, 20, 300)) * SECOND if near else BEGIN + int(rng.random() * days * DAY_MICROS)
        known = rng.random() < 0.4
        found.append(
            {
                "event_id": f"e{rng.randrange(10**6):06d}-{number}",
                "at": at,
                "card": rng.choice(("a", "b", "c", "d", None)),
                "device": rng.choice(("x", "y", "z", None)),
                "amount": rng.randrange(0, 10**7),
                "size": rng.randrange(0, 10**5),
                "fraud": rng.random() < 0.5 if known else None,
                "label_at": at + int(rng.random() * 30 * DAY_MICROS) if known else None,
            }
        )
    return found


def table(rows):
    """As Ibis has them."""
    return ibis.memtable(pd.DataFrame(rows).astype({"label_at": "Int64"}), schema=SCHEMA)


def event(row):
    """As the streams count it."""
    columns = {name: row[name] for name in ("card", "device")}
    return Event(row["event_id"], row["at"], columns, {name: row[name] for name in ("amount", "size")})


def replayed(rows, streams=STREAMS):
    """event_id → feature → value by the online form: each event is asked about, then counted; labels as they come."""
    told = [(row["at"], 0, row["event_id"], row) for row in rows]
    told += [(row["label_at"], 1, row["event_id"], row) for row in rows if row["label_at"] is not None]
    states, found = {}, {}
    for at, kind, id_, row in sorted(told, key=lambda one: one[:3]):
        counted = event(row).counted(streams)
        if kind == 0:
            own = {
                name: EntityState.of(states[name, key]) for name, key in counted.keys.items() if (name, key) in states
            }
            found[id_] = features(streams, counted, own, DELAY)
        for of in streams.features:
            name = of.entity.name
            if name not in counted.keys:
                continue
            text = states.get((name, counted.keys[name]))
            state = EntityState.of(text) if text else EntityState()
            if kind == 0:
                state.add(of, counted)
            elif of.labelled:
                state.label(Label(row["fraud"], at))
            states[name, counted.keys[name]] = state.text()
    return found
