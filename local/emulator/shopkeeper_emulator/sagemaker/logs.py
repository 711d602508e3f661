"""Ships what a container prints to CloudWatch Logs, with the job's role, while it runs."""

import logging
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

_LOG = logging.getLogger(__name__)


class LogShipper:
    """Copies the new lines of a file to a log stream each time it is asked.

    Without permission to write the logs are lost, and the job goes on, as in AWS.
    """

    def __init__(self, client: Any, group: str, stream: str, file: Path) -> None:
        self._client = client
        self._group = group
        self._stream = stream
        self._file = file
        self._read = 0
        self._ready: bool | None = None

    def ship(self) -> None:
        """Send what was printed since the last time."""
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        end = new.rfind(b"\n") + 1
        if not end:
            return
        self._read += end
        now = int(time.time() * 1000)
        lines = [line for line in new[:end].decode("utf-8", "replace").splitlines() if line.strip()]
        try:
            if self._ready is None:
                self._ready = False
                self._create()
                self._ready = True
            if self._ready and lines:
                events = [{"timestamp": now, "message": line} for line in lines]
                self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except ClientError as error:
            _LOG.warning("log group %s: %s", self._group, error)

    def _create(self) -> None:
        try:
            self._client.create_log_group(logGroupName=self._group)
        except self._client.exceptions.ResourceAlreadyExistsException:
            pass
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise  # a role that may only write to an existing group is enough where the group exists
        self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
