"""A handler in a process of its own: one call a line in, one answer a line out, until it is killed.

`python -m benchmarks._ingest_worker FOLDER`; a line is `{"event": ..., "dies_after": records or null}`.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

from benchmarks._ingest_storage import Stream, stubbed
from functions.ingest.handler import handler

CONTEXT = SimpleNamespace(
    function_name="ingest", memory_limit_in_mb=1024, invoked_function_arn="arn:ingest", aws_request_id="1"
)


def main(folder: Path) -> None:
    """Answer until the input ends."""
    stream = Stream(folder)
    with stubbed(stream):
        for line in sys.stdin:
            call = json.loads(line)
            stream.dies_after = call["dies_after"]
            with redirect_stdout(io.StringIO()):
                answer = handler(call["event"], CONTEXT)
            print(json.dumps({"status": answer["statusCode"], "body": json.loads(answer["body"])}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
