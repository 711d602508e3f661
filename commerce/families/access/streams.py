"""What is counted of attempts to log in, by entity."""

from __future__ import annotations

from commerce.streams import D1, D7, D30, D90, H1, M10, Entity, Features, Streams

FAILED = "failed"
"""1 of an attempt that was not let in, else 0: its mean is the share that failed."""

STREAMS = Streams(
    "access",
    (
        Features(
            Entity("customer", ("customer_id",)),
            counts=(M10, H1, D1, D30),
            sums=((FAILED, H1), (FAILED, D1)),
            means=((FAILED, D30),),
            distinct=(("ip", D1), ("network", D7), ("device_id", D30)),
            same=(("device_id", D90), ("network", D90), ("ip_country", D90), ("user_agent", D90)),
            frauds=(D90,),
            since_last=True,
            since_first=True,
        ),
        Features(
            Entity("ip", ("ip",)),
            counts=(M10, H1, D1, D7),
            means=((FAILED, H1), (FAILED, D7)),
            distinct=(("customer_id", M10), ("customer_id", H1), ("customer_id", D7)),
            frauds=(D30,),
            since_first=True,
        ),
        Features(
            Entity("network", ("network",)),
            counts=(M10, H1, D1),
            means=((FAILED, H1), (FAILED, D1)),
            distinct=(("customer_id", H1), ("ip", D1)),
            frauds=(D30,),
            fraud_rates=(D30,),
        ),
        Features(
            Entity("device", ("device_id",)),
            counts=(M10, D1, D30),
            means=((FAILED, D1),),
            distinct=(("customer_id", D7),),
            frauds=(D30,),
            since_first=True,
        ),
        Features(
            Entity("user_agent", ("user_agent",)),
            counts=(M10, H1, D1),
            means=((FAILED, H1), (FAILED, D1)),
            distinct=(("customer_id", H1), ("network", H1)),
            frauds=(D7, D30),
            fraud_rates=(D30,),
        ),
        Features(Entity("customer_device", ("customer_id", "device_id")), counts=(D90,), since_first=True),
        Features(Entity("customer_network", ("customer_id", "network")), counts=(D90,), since_first=True),
    ),
)
