"""What is counted of payments, by entity."""

from __future__ import annotations

from commerce.streams import D1, D7, D14, D28, D30, D90, H1, M10, TODAY, Entity, Features, Streams

CUSTOMER = Entity("customer", ("customer_id",))
CARD = Entity("card", ("card_fingerprint",))
DEVICE = Entity("device", ("device_id",))
IP = Entity("ip", ("ip",))
NETWORK = Entity("network", ("network",))
EMAIL = Entity("email_domain", ("email_domain",))
ADDRESS = Entity("address", ("shipping_address",))
PRODUCT = Entity("product", ("product_id",))
CUSTOMER_DEVICE = Entity("customer_device", ("customer_id", "device_id"))
CUSTOMER_ADDRESS = Entity("customer_address", ("customer_id", "shipping_address"))

AMOUNT, LOG_AMOUNT, DECLINED = "amount", "log_amount", "declined"
"""Amount in 1/10,000 of the currency; 10,000 * ln(1 + amount); 1 of a payment that was declined, else 0."""

STREAMS = Streams(
    "fraud",
    (
        Features(
            CUSTOMER,
            counts=(M10, H1, D1, D7, D30),
            sums=((AMOUNT, D1), (DECLINED, D1)),
            means=((AMOUNT, D7), (AMOUNT, D90)),
            ratios=((AMOUNT, D7), (AMOUNT, D30), (AMOUNT, D90)),
            deviations=((LOG_AMOUNT, D30), (LOG_AMOUNT, D90)),
            surges=((AMOUNT, D7, D90), (AMOUNT, D14, D90)),
            distinct=(("card_fingerprint", D30), ("device_id", D30), ("shipping_address", D90)),
            same=(("card_fingerprint", D90), ("device_id", D90), ("ip", D90)),
            frauds=(D7, D30, D90),
            fraud_rates=(D30,),
            since_fraud=True,
            since_last=True,
            since_first=True,
        ),
        Features(
            CARD,
            counts=(M10, H1, D1, D7),
            sums=((DECLINED, H1), (DECLINED, D1)),
            means=((AMOUNT, D30),),
            distinct=(("customer_id", D30), ("device_id", D7)),
            frauds=(D90,),
            since_first=True,
        ),
        Features(
            DEVICE,
            counts=(M10, H1, D1, D7, D30),
            sums=((DECLINED, D1),),
            means=((AMOUNT, D7),),
            distinct=(("customer_id", D7), ("card_fingerprint", D1), ("card_fingerprint", D7)),
            frauds=(TODAY, D7, D14, D28),
            fraud_rates=(TODAY, D7, D28),
            first_frauds=(D28,),
            since_fraud=True,
            since_last=True,
            since_first=True,
        ),
        Features(
            IP,
            counts=(M10, H1, D1),
            sums=((DECLINED, H1),),
            distinct=(("customer_id", D1), ("card_fingerprint", D1)),
            frauds=(D30,),
        ),
        Features(NETWORK, counts=(H1, D1), frauds=(D30,), fraud_rates=(D30,)),
        Features(EMAIL, counts=(D1, D30), frauds=(D30,), fraud_rates=(D30,)),
        Features(
            ADDRESS,
            counts=(D7, D30),
            distinct=(("customer_id", D90), ("card_fingerprint", D30)),
            frauds=(D90,),
            since_first=True,
        ),
        Features(PRODUCT, counts=(H1, D1), frauds=(D30,), fraud_rates=(D30,)),
        Features(CUSTOMER_DEVICE, counts=(D90,), since_first=True),
        Features(CUSTOMER_ADDRESS, counts=(D90,), since_first=True),
    ),
    scales={AMOUNT: 10_000},
)
