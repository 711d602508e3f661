"""The function under test in the fidelity tests: does what its event says, with what Lambda gives every function."""

import json
import os
import sys
import time

import boto3

_SEEN = []


def handler(event, context):
    """Dispatch on ``event["do"]``."""
    _SEEN.append(1)
    if "alarmData" in event:
        print(json.dumps(event))
        return None
    if "httpMethod" in event:
        return {"statusCode": 200, "body": json.dumps({"path": event["path"]})}
    return globals()[f"do_{event['do']}"](event, context)


def consume(event, context):
    """Take a queue's messages, but for those that begin with "bad"; also dispatch, like the other."""
    if "Records" not in event:
        return handler(event, context)
    failed = [record["messageId"] for record in event["Records"] if record["body"].startswith("bad")]
    for record in event["Records"]:
        print(f"{'left' if record['messageId'] in failed else 'took'} {record['body']}")
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def do_echo(event, context):
    """Say what the function sees of itself."""
    print(f"echoing {event.get('value')}")
    return {
        "value": event.get("value"),
        "invocations": len(_SEEN),
        "pid": os.getpid(),
        "environment": dict(os.environ),
        "path": sys.path,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }


def do_call(event, _context):
    """Call any AWS operation; errors go through."""
    client = boto3.client(event["service"])
    answer = getattr(client, event["operation"])(**event.get("parameters", {}))
    answer.pop("ResponseMetadata", None)
    return json.loads(json.dumps(answer, default=str))


def do_fail(event, _context):
    """Raise."""
    raise ValueError(event.get("message", "told to fail"))


def do_sleep(event, _context):
    """Take longer than allowed."""
    time.sleep(event["seconds"])
    return "slept"


def do_exit(event, _context):
    """End the process, as a crash would."""
    os._exit(event["code"])


def do_import(event, _context):
    """Import a module by name."""
    __import__(event["module"])
    return "imported"


def do_measure(event, _context):
    """Write metrics into the log, as CloudWatch reads them from there."""
    names = [{"Name": name, "Unit": "Count"} for name in event["metrics"]]
    directive = {"Namespace": "Probe", "Dimensions": [sorted(event["dimensions"])], "Metrics": names}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": about, **event["dimensions"], **event["metrics"]}))
