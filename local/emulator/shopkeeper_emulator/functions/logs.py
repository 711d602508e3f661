"""Function logs under the function's own role, in the log group its configuration names.

LocalEmu ignores ``LoggingConfig.LogGroup``, and before writing it tries to create the log group, which a role that may
only write to its own group is rightly refused.
"""

import logging
import time

from localemu.aws.connect import connect_to
from localemu.services.lambda_.invocation.execution_environment import ExecutionEnvironment
from localemu.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler, LogItem
from localemu.utils.aws.client_types import ServicePrincipal

from shopkeeper_emulator.functions import embedded_metrics

_LOG = logging.getLogger(__name__)


def _log_group(environment: ExecutionEnvironment) -> str:
    version = environment.function_version
    return (version.config.logging_config or {}).get("LogGroup") or f"/aws/lambda/{version.id.function_name}"


def _run(handler: LogHandler, *_args: object, **_kwargs: object) -> None:
    """Write queued logs until shutdown; a role that may not write loses its logs, as in AWS."""
    client = None
    known: set[tuple[str, str]] = set()
    while True:
        item = handler.log_queue.get()
        if item is QUEUE_SHUTDOWN or not isinstance(item, LogItem):
            return
        try:
            client = (
                client
                or connect_to.with_assumed_role(
                    region_name=handler.region, role_arn=handler.role_arn, service_principal=ServicePrincipal.lambda_
                ).logs
            )
            _write(client, item, known)
            account = handler.role_arn.split(":")[4]
            for line in item.logs.split("\n"):
                embedded_metrics.read(line, account, handler.region)
        except Exception as error:  # noqa: BLE001 - logs must never fail a function
            _LOG.warning("log group %s: %s", item.log_group, error)


def _write(client, item: LogItem, known: set[tuple[str, str]]) -> None:
    stream = (item.log_group, item.log_stream)
    if stream not in known:
        _create_stream(client, *stream)
        known.add(stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line + "\n"} for line in item.logs.split("\n") if line]
    client.put_log_events(logGroupName=stream[0], logStreamName=stream[1], logEvents=events)


def _create_stream(client, group: str, stream: str) -> None:
    try:
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    except client.exceptions.ResourceAlreadyExistsException:
        return
    except client.exceptions.ResourceNotFoundException:
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName=stream)


def install() -> None:
    """Replace where logs go and how they are written."""
    ExecutionEnvironment.get_log_group_name = _log_group
    LogHandler.run_log_loop = _run
