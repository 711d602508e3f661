"""Alarms by several filters at once: LocalEmu takes the first of prefix, names and state, and forgets the others.

A canary is judged by the alarms of its endpoint that are raised; with the state forgotten, every alarm would count.
"""

import functools
from typing import Any

from localemu.services.cloudwatch.provider_v2 import CloudwatchProvider


def install() -> None:
    """Let the state filter what the other filters found."""
    describe = CloudwatchProvider.describe_alarms

    @functools.wraps(describe)
    def describe_in_state(self: CloudwatchProvider, context: Any, *args: Any, **kwargs: Any) -> Any:
        output = describe(self, context, *args, **kwargs)
        state = kwargs.get("state_value")
        if state:
            for kind in ("MetricAlarms", "CompositeAlarms"):
                output[kind] = [alarm for alarm in output.get(kind) or [] if alarm["StateValue"] == state]
        return output

    CloudwatchProvider.describe_alarms = describe_in_state
