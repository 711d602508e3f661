"""What is counted of sessions, by entity."""

from __future__ import annotations

from commerce.streams import D1, D7, D30, H1, M10, Entity, Features, Streams

REQUESTS = "requests_counted"
"""Requests of a session, as a whole number."""

STREAMS = Streams(
    "bots",
    (
        Features(
            Entity("ip", ("ip",)),
            counts=(M10, H1, D1, D7),
            sums=((REQUESTS, H1), (REQUESTS, D1)),
            distinct=(("user_agent", D1), ("device_id", D1)),
            frauds=(D7, D30),
            since_last=True,
            since_first=True,
        ),
        Features(
            Entity("network", ("network",)),
            counts=(M10, H1, D1, D7),
            sums=((REQUESTS, H1), (REQUESTS, D1)),
            distinct=(("ip", D1), ("user_agent", D1)),
            frauds=(D7, D30),
            fraud_rates=(D30,),
        ),
        Features(
            Entity("user_agent", ("user_agent",)),
            counts=(H1, D1, D30),
            means=((REQUESTS, D1), (REQUESTS, D7)),
            distinct=(("network", H1), ("ip", D1)),
            frauds=(D7, D30),
            fraud_rates=(D7, D30),
            since_first=True,
        ),
        Features(
            Entity("device", ("device_id",)),
            counts=(H1, D1, D30),
            sums=((REQUESTS, D1),),
            distinct=(("ip", D1),),
            frauds=(D30,),
            since_first=True,
        ),
        Features(Entity("customer", ("customer_id",)), counts=(D1, D30), frauds=(D30,), since_first=True),
    ),
)
