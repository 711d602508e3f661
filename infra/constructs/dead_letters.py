"""A queue that keeps what could not be delivered until a person has looked at it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge


def dead_letters(scope: Construct, id_: str, *, name: str) -> sqs.Queue:
    """An encrypted, TLS-only queue with SQS's longest retention; `MonitoringStack` raises an alarm when it fills."""
    queue = sqs.Queue(
        scope,
        id_,
        queue_name=name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
    )
    acknowledge(
        queue, "This is itself a dead-letter queue; nothing consumes it but people.", "SQS3", "SQSRedrivePolicy"
    )
    return queue
