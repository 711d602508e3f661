"""The platform's own lines around an invocation's output, in the function's log format.

Format: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
"""

import json
import math
from datetime import UTC, datetime

from localemu.services.lambda_.invocation.lambda_models import FunctionVersion


def frame(output: str, request_id: str, version: FunctionVersion, duration_ms: float) -> str:
    """The output between START and END, followed by a REPORT; durations in milliseconds."""
    qualifier = version.id.qualifier
    memory = version.config.memory_size
    body = output if not output or output.endswith("\n") else output + "\n"
    if (version.config.logging_config or {}).get("LogFormat") == "JSON":
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

        def line(kind: str, record: dict[str, object]) -> str:
            return json.dumps({"time": now, "type": f"platform.{kind}", "record": {"requestId": request_id, **record}})

        metrics = {
            "durationMs": round(duration_ms, 3),
            "billedDurationMs": math.ceil(duration_ms),
            "memorySizeMB": memory,
        }
        return f"{line('start', {'version': qualifier})}\n{body}{line('report', {'metrics': metrics})}\n"
    return (
        f"START RequestId: {request_id} Version: {qualifier}\n{body}END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\t"
        f"Billed Duration: {math.ceil(duration_ms)} ms\tMemory Size: {memory} MB\n"
    )
