"""A message costs a message: LocalEmu reports each one to CloudWatch, three times, through CloudWatch's own API.

That takes longer than the message itself. How many messages a queue holds, which is what alarms go by, is reported by
another worker once a minute and stays.
"""

from typing import Any

from localemu.services.sqs.provider import CloudwatchDispatcher


def _nothing(_dispatcher: CloudwatchDispatcher, **_: Any) -> None:
    """One message sent, received or deleted."""


def install() -> None:
    """Report no single message."""
    CloudwatchDispatcher.dispatch_sqs_metric = _nothing
