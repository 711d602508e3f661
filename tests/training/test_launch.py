"""The launcher: what it sends to SageMaker, over the wire, through the real SDK."""

from __future__ import annotations

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote

import pytest
from pydantic import ValidationError

from training.launch import Launch, launch

ASKED = Launch(
    family="churn",
    as_of=date(2025, 7, 1),
    parameters={"horizon_days": 60},
    features="s3://models/runs/churn/1/features",
    output="s3://models/runs/churn/1/model",
    image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1",
    role="arn:aws:iam::123456789012:role/job",
)

TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
ANSWERS = {
    "GetCallerIdentity": "<Arn>arn:aws:iam::123456789012:user/dev</Arn><Account>123456789012</Account>",
    "GetRole": (
        "<Role><Arn>arn:aws:iam::123456789012:role/job</Arn><RoleName>job</RoleName><Path>/</Path><RoleId>AROA</RoleId>"
        "<CreateDate>2025-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>"
        + quote(json.dumps({"Statement": [TRUST]}))
        + "</AssumeRolePolicyDocument></Role>"
    ),
    "SimulatePrincipalPolicy": "<IsTruncated>false</IsTruncated><EvaluationResults></EvaluationResults>",
}
"""What STS and IAM answer: the SDK asks who it is and looks at the role before it sends a job."""


def answered(action: str) -> str:
    """The answer of an AWS query API as XML."""
    return f"<{action}Response><{action}Result>{ANSWERS[action]}</{action}Result></{action}Response>"


@pytest.fixture
def sagemaker(monkeypatch):
    """An HTTP server in SageMaker's place that keeps every request as (operation, body)."""
    requests: list[tuple[str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if not operation:
                self.reply(answered(parse_qs(content.decode())["Action"][0]), "text/xml")
                return
            body = json.loads(content)
            requests.append((operation, body))
            name = body.get("TrainingJobName", "job")
            arn = f"arn:aws:sagemaker:eu-central-1:123456789012:training-job/{name}"
            answer = json.dumps({"TrainingJobArn": arn, "TrainingJobName": name, "TrainingJobStatus": "InProgress"})
            self.reply(answer, "application/x-amz-json-1.1")

        def reply(self, answer, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield requests
    server.shutdown()
    server.server_close()


def test_the_request_is_the_workflows_train_step(sagemaker):
    # GIVEN
    pytest.importorskip("sagemaker.train", reason="the launcher extra (sagemaker, 700 MB) is not installed")
    # WHEN
    name = launch(ASKED, wait=False)
    # THEN
    sent = next(body for operation, body in sagemaker if operation == "CreateTrainingJob")
    assert sent["TrainingJobName"] == name
    assert sent["AlgorithmSpecification"]["TrainingImage"] == ASKED.image
    assert sent["RoleArn"] == ASKED.role
    assert sent["OutputDataConfig"]["S3OutputPath"] == ASKED.output
    channel = sent["InputDataConfig"][0]
    assert (channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]) == ("features", ASKED.features)
    hyperparameters = sent["HyperParameters"]
    assert (hyperparameters["family"], hyperparameters["as_of"]) == ("churn", "2025-07-01")
    assert json.loads(hyperparameters["parameters"]) == {"horizon_days": 60}


def test_wrong_parameters_never_reach_the_account():
    # GIVEN
    wrong = Launch("churn", date(2025, 7, 1), {"horizon": 60}, "s3://a", "s3://b", "image", "role")
    # WHEN
    with pytest.raises(ValidationError) as caught:
        wrong.hyperparameters()
    # THEN
    assert "horizon" in str(caught.value)
