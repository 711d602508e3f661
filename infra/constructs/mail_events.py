"""What becomes of letters, on its way back: a topic that SES publishes to, and a queue that a function reads."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import access
from infra.access import Grant
from infra.acknowledge import acknowledge
from infra.constructs.dead_letters import dead_letters
from infra.constructs.function import Function

# A letter makes two events within seconds: a batch that waits a second holds most of a part's.
_BATCH = 100
_WAIT_SECONDS = 1
_ATTEMPTS = 5
# AWS asks for a queue that hides a message at least six times as long as its function may take:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_HIDDEN_TIMES = 6


class MailEvents(Construct):
    """Topic → queue, with a dead-letter queue for what neither could hand on, nor the function take."""

    def __init__(self, scope: Construct, id_: str, *, name: str, key: kms.Key, function_seconds: int) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=name,
            master_key=key,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            enforce_ssl=True,
        )
        self.dead_letters = dead_letters(self, "DeadLetters", name=f"{name}-dead")
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=cdk.Duration.seconds(_HIDDEN_TIMES * function_seconds),
            retention_period=cdk.Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=_ATTEMPTS, queue=self.dead_letters),  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                self.queue,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                raw_message_delivery=True,
                dead_letter_queue=self.dead_letters,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
            )
        )

    @property
    def receive(self) -> Grant:
        """What Lambda's poller does with the queue in the function's name."""
        return access.allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], self.queue.queue_arn)

    def read_by(self, function: Function) -> None:
        """Invoke `function` with batches; of one that it took in part, only the rest comes back."""
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            event_source_arn=self.queue.queue_arn,
            function_name=function.function.function_name,
            batch_size=_BATCH,
            maximum_batching_window_in_seconds=_WAIT_SECONDS,
            function_response_types=["ReportBatchItemFailures"],
        )
        # Lambda looks at the role's permissions on the queue when the mapping is made.
        mapping.node.add_dependency(function)
        acknowledge(
            mapping,
            "A queue's mapping has no failure destination (streams have): what the function cannot take goes back to "
            "the queue, whose redrive policy moves it to its own dead-letter queue.",
            "LambdaEventSourceMappingDestination",
        )
