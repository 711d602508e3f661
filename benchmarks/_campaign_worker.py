"""The campaign's functions in a process of their own: one call a line in, one answer a line out, until it is killed.

`python -m benchmarks._campaign_worker deliver|settle`; a line is `{"event": …, "dies": [sends, "before"|"after"] or
null}`: the process then kills itself around that send, as a real one may end: after the claim and before the mail
service has the letter, or after that and before the ledger knows.
`python -m benchmarks._campaign_worker interactions QUEUE` reads the queue until its input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from functions.common.aws import client
from functions.deliver.mail import Mailer, Outcome

CONTEXT = SimpleNamespace(
    function_name="campaign",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:campaign",
    aws_request_id="1",
    get_remaining_time_in_millis=lambda: 600_000,
)
_BATCH = 10
"""Most messages that one call takes from a queue."""


class Doomed:
    """`Mailer.send` that kills this process at a given call."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.when = "before"
        self.real = Mailer.send

    def send(self, mailer: Mailer, message: bytes, tags: Mapping[str, str]) -> Outcome:
        """Send, unless the end comes first."""
        if self.left is not None:
            self.left -= 1
        dies = self.left is not None and self.left < 0
        if dies and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = self.real(mailer, message, tags)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def answer(function: str) -> None:
    """Answer calls until the input ends."""
    # Logs go to where standard output was when their module was imported.
    answers, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    handler = import_module(f"functions.{function}.handler").handler
    doomed = Doomed()
    Mailer.send = lambda mailer, message, tags: doomed.send(mailer, message, tags)  # type: ignore[method-assign]
    for line in sys.stdin:
        call = json.loads(line)
        doomed.left, doomed.when = call.get("dies") or (None, "")
        print(json.dumps(handler(call["event"], CONTEXT)), file=answers, flush=True)


def read_queue(queue: str) -> None:
    """What Lambda's poller does: batches to the handler, and off the queue what did not fail."""
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    handler = import_module("functions.interactions.handler").handler
    sqs, ended = client("sqs", read_timeout=30.0), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        records = _receive(sqs, queue)
        if records:
            failed = {f["itemIdentifier"] for f in handler({"Records": records}, CONTEXT)["batchItemFailures"]}
            _delete(sqs, queue, [record for record in records if record["messageId"] not in failed])


def _receive(sqs: Any, queue: str) -> list[dict[str, str]]:
    """Up to ten times ten, as a batching window collects them."""
    records: list[dict[str, str]] = []
    while len(records) < 10 * _BATCH:
        wait = 0 if records else 1
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=wait).get(
            "Messages", []
        )
        records += [{"messageId": m["MessageId"], "body": m["Body"], "receipt": m["ReceiptHandle"]} for m in found]
        if len(found) < _BATCH:
            break
    return records


def _delete(sqs: Any, queue: str, records: list[dict[str, str]]) -> None:
    for start in range(0, len(records), _BATCH):
        some = records[start : start + _BATCH]
        entries = [{"Id": str(i), "ReceiptHandle": record["receipt"]} for i, record in enumerate(some)]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)


if __name__ == "__main__":
    if sys.argv[1] == "interactions":
        read_queue(sys.argv[2])
    else:
        answer(sys.argv[1])
