"""Features of the past in words, for reasons."""

from __future__ import annotations

from collections.abc import Mapping

from commerce.streams.declaration import Features, Streams

_WINDOWS = {
    "10m": "in the last 10 minutes",
    "1h": "in the last hour",
    "1d": "in the last day",
    "today": "today",
    "14d": "in the last 14 days",
    "28d": "in the last 28 days",
    "7d": "in the last 7 days",
    "30d": "in the last 30 days",
    "90d": "in the last 90 days",
}


def words(streams: Streams, event: str, names: Mapping[str, str]) -> dict[str, str]:
    """Feature → a sentence part with `{value}`. `event` is what one is called, such as `payment`; `names` says what
    entities, columns and measures are called where their own name reads badly."""
    found: dict[str, str] = {}
    for of in streams.features:
        found |= zip(of.names, _entity(of, event, names), strict=True)
    return found


def _entity(of: Features, event: str, names: Mapping[str, str]) -> list[str]:
    def called(name: str) -> str:
        return names.get(name, name.replace("_", " "))

    entity = f"of this {called(of.entity.name)}"
    texts = [f"{{value:,.0f}} {event}s {entity} {_WINDOWS[w.name]}" for w in of.counts]
    texts += [f"{called(m)} of {{value:,.0f}} in total {entity} {_WINDOWS[w.name]}" for m, w in of.sums]
    texts += [f"{called(m)} of {{value:,.0f}} on average {entity} {_WINDOWS[w.name]}" for m, w in of.means]
    texts += [f"{{value:,.1f}} times the usual {called(m)} {entity} {_WINDOWS[w.name]}" for m, w in of.ratios]
    texts += [
        f"{{value:,.1f}} standard deviations from the usual {called(m)} {entity} {_WINDOWS[w.name]}"
        for m, w in of.deviations
    ]
    texts += [
        f"{called(m)} {entity} on average {{value:,.1f}} times as high {_WINDOWS[short.name]} as {_WINDOWS[long.name]}"
        for m, short, long in of.surges
    ]
    texts += [f"{{value:,.0f}} different {called(c)}s {entity} {_WINDOWS[w.name]}" for c, w in of.distinct]
    texts += [f"the same {called(c)} {{value:,.0f}} times before {entity} {_WINDOWS[w.name]}" for c, w in of.same]
    texts += [f"{{value:,.0f}} frauds {entity} that became known {_WINDOWS[w.name]}" for w in of.frauds]
    texts += [f"{{value:.1%}} of the {event}s {entity} known as fraud {_WINDOWS[w.name]}" for w in of.fraud_rates]
    texts += [
        f"{{value:,.0f}} days since the first fraud {entity} that became known {_WINDOWS[w.name]}"
        for w in of.first_frauds
    ]
    if of.since_fraud:
        texts.append(f"{{value:,.0f}} days since the last fraud {entity} became known")
    if of.since_last:
        texts.append(f"{{value:,.0f}} seconds since the last {event} {entity}")
    if of.since_first:
        texts.append(f"{{value:,.0f}} days since the first {event} {entity}")
    return texts
