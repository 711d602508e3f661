"""How events come in: two delivery streams and the function that fills them."""

from __future__ import annotations

from constructs import Construct

from infra import access
from infra.constructs.delivery_stream import DeliveryStream
from infra.constructs.function import Function
from infra.functions import INGEST
from infra.settings import Settings
from infra.stacks.base import ShopStack
from infra.stacks.data import DataStack


class IngestionStack(ShopStack):
    """Accepted events go to `raw/events/`, refused ones with their reasons to `rejected/`."""

    def __init__(self, scope: Construct, settings: Settings, data: DataStack) -> None:
        super().__init__(scope, settings, "Ingestion", "How events reach the lake")

        def stream(id_: str, folder: str) -> DeliveryStream:
            return DeliveryStream(self, id_, settings=settings, folder=folder, bucket_arn=data.lake_arn, key=data.key)

        self.events = stream("Events", "raw/events")
        self.rejected = stream("Rejected", "rejected")
        self.ingest = Function(
            self,
            "Ingest",
            settings=settings,
            spec=INGEST,
            environment={
                "KEYS_TABLE": data.keys.table_name,
                "COUNTERS_TABLE": data.counters.table_name,
                "EVENTS_STREAM": self.events.name,
                "REJECTED_STREAM": self.rejected.name,
            },
            grants=[
                access.items(data.keys, "GetItem"),
                # TransactWriteItems is authorized as the puts and updates it is made of.
                access.items(data.counters, "BatchGetItem", "PutItem", "UpdateItem"),
                access.allow(["firehose:PutRecordBatch"], self.events.arn, self.rejected.arn),
                access.encrypt(data.key),
            ],
        )
        self.functions = [self.ingest]
        self.streams = [self.events, self.rejected]
