"""A container image small enough to test the platform around it: its first argument says what to do."""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3

ML = Path(os.environ["SHOPKEEPER_ML_ROOT"])


def report():
    """Everything a container can see of its surroundings."""
    return {
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "files": sorted(str(p.relative_to(ML)) for p in ML.rglob("*") if p.is_file()),
        "texts": {str(p.relative_to(ML)): p.read_text() for p in ML.rglob("*.json")},
    }


def process():
    """Write what was seen as the job's output."""
    out = ML / "processing" / "output" / "report"
    (out / "deep").mkdir(parents=True)
    (out / "report.json").write_text(json.dumps(report()))
    (out / "deep" / "part.txt").write_text("part")
    print("processed")


def whoami():
    """Identity of the container's credentials."""
    out = ML / "processing" / "output" / "report"
    (out / "whoami.json").write_text(json.dumps({"arn": boto3.client("sts").get_caller_identity()["Arn"]}))


def forbidden():
    """Do what the job's role may not do."""
    boto3.client("dynamodb").get_item(TableName="private", Key={"pk": {"S": "1"}})


def sleep():
    """Outlast any limit."""
    print("sleeping", flush=True)
    time.sleep(600)


def train():
    """Train as the hyperparameter ``do`` says."""
    parameters = json.loads((ML / "input" / "config" / "hyperparameters.json").read_text())
    do = parameters.get("do", "succeed")
    print(f"training: {do}", flush=True)
    if do == "fail":
        (ML / "output" / "failure").write_text("too few customers: 3, at least 100 are needed")
        sys.exit(1)
    if do == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "sleep":
        sleep()
    (ML / "model" / "model.json").write_text(json.dumps({"seen": report()["files"]}))
    (ML / "output" / "data" / "notes.txt").write_text("extra")


class Server(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self):
        """Health check."""
        self._answer(200, b"")

    def do_POST(self):
        """An invocation."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"break":
            return self._answer(500, b"broken on request")
        attributes = self.headers.get("X-Amzn-SageMaker-Custom-Attributes", "")
        answer = {"body": body.decode(), "attributes": attributes, "pid": os.getpid(), "setting": os.environ["SETTING"]}
        return self._answer(200, json.dumps(answer).encode(), attributes)

    def _answer(self, status, body, attributes=""):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", attributes)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep quiet."""


def serve():
    """Serve until ended."""
    HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Server).serve_forever()


if __name__ == "__main__":
    {f.__name__: f for f in (process, whoami, forbidden, sleep, train, serve)}[sys.argv[1]]()
