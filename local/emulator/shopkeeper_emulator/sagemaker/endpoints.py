"""Endpoints: the image's server as a process, started at the first invocation and kept while the endpoint lives.

Contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import http.client
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from localemu.aws.api import RequestContext
from localemu.aws.connect import connect_to

from shopkeeper_emulator import processes
from shopkeeper_emulator.iam.needs import Scope
from shopkeeper_emulator.sagemaker import container, credentials, service_permissions, storage
from shopkeeper_emulator.sagemaker.errors import JobError, ModelError, ValidationError
from shopkeeper_emulator.settings import settings

_PING_SECONDS = 60.0
_ANSWER_SECONDS = 60.0  # SageMaker's limit for one invocation


class Server:
    """One serving process for one variant of one endpoint."""

    def __init__(self, endpoint: str, model: dict[str, Any], scope: Scope) -> None:
        self._model = model
        self._scope = scope
        self._directory = settings().root / "endpoints" / endpoint
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def invoke(self, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        """POST to ``/invocations`` of the running server; raises ``ModelError`` if it cannot answer in time."""
        self._ensure_running()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("POST", "/invocations", body=body, headers=headers)
            return connection.getresponse()
        except TimeoutError as error:
            raise ModelError(0, f"Your invocation timed out after {_ANSWER_SECONDS:.0f} seconds") from error
        except OSError as error:
            raise ModelError(503, f"The container closed the connection: {error}") from error

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            processes.end(self._process)
            self._process = None

    def _ensure_running(self) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()

    def _start(self) -> None:
        definition = self._model.get("PrimaryContainer") or self._model["Containers"][0]
        role = self._model["ExecutionRoleArn"]
        ml_root = self._directory / "ml"
        (ml_root / "model").mkdir(parents=True, exist_ok=True)
        session = credentials.assume(role, self._scope.region)
        try:
            service_permissions.require_image_access(definition.get("Image", ""), role, self._scope)
            self._load_model(definition.get("ModelDataUrl"), session, ml_root)
        except JobError as error:
            raise ModelError(500, str(error)) from error
        self._port = _free_port()
        given = {**(definition.get("Environment") or {}), "SAGEMAKER_BIND_TO_PORT": str(self._port)}
        with (self._directory / "output.log").open("ab") as output:
            self._process = processes.spawn(
                container.command(container.IMAGE_ENTRYPOINT, ("serve",), ml_root),
                cwd=settings().code,
                env=container.environment(given, session, self._scope.region, ml_root),
                output=output,
                on_exit=lambda _: None,
            )
        self._await_ping()

    def _load_model(self, uri: str | None, session: dict[str, str], ml_root: Path) -> None:
        if not uri:
            return
        bucket, key = storage.split_uri(uri)
        archive = self._directory / "model.tar.gz"
        storage.download_object(credentials.client("s3", session, self._scope.region), bucket, key, archive)
        storage.extract(archive, ml_root / "model")

    def _await_ping(self) -> None:
        deadline = time.monotonic() + _PING_SECONDS
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
            try:
                connection.request("GET", "/ping")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        self.stop()
        raise ModelError(500, "The container did not pass the ping health check")


class Endpoints:
    """Serving processes by endpoint, and the invocation API over them."""

    def __init__(self) -> None:
        self._servers: dict[tuple[str, str], Server] = {}
        self._lock = threading.Lock()

    def invoke(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """``InvokeEndpoint``: pass the request on to the container and its answer back."""
        name = request["EndpointName"]
        scope = Scope(context.account_id, context.region)
        server, variant = self._server(name, request.get("TargetVariant"), scope)
        body = request.get("Body") or b""
        headers = {
            "Content-Type": request.get("ContentType") or "application/octet-stream",
            "Accept": request.get("Accept") or "*/*",
        }
        if attributes := request.get("CustomAttributes"):
            headers["X-Amzn-SageMaker-Custom-Attributes"] = attributes
        answer = server.invoke(body if isinstance(body, bytes) else body.read(), headers)
        content = answer.read()
        if answer.status >= 300:
            raise ModelError(answer.status, content.decode("utf-8", "replace"))
        result = {
            "Body": content,
            "ContentType": answer.getheader("Content-Type", "application/octet-stream"),
            "InvokedProductionVariant": variant,
        }
        if returned := answer.getheader("X-Amzn-SageMaker-Custom-Attributes"):
            result["CustomAttributes"] = returned
        return result

    def forget(self, endpoint: str) -> None:
        """End the endpoint's processes, because it was deleted or its configuration changed."""
        with self._lock:
            keys = [key for key in self._servers if key[0] == endpoint]
            servers = [self._servers.pop(key) for key in keys]
        for server in servers:
            server.stop()

    def _server(self, name: str, target: str | None, scope: Scope) -> tuple[Server, str]:
        sagemaker = connect_to(region_name=scope.region, aws_access_key_id=scope.account).sagemaker
        try:
            endpoint = sagemaker.describe_endpoint(EndpointName=name)
        except sagemaker.exceptions.ClientError as error:
            message = f"Endpoint {name} of account {scope.account} not found."
            raise ValidationError(message, "ValidationError") from error
        configuration = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        variants = {variant["VariantName"]: variant for variant in configuration["ProductionVariants"]}
        chosen = target or max(variants, key=lambda v: variants[v].get("InitialVariantWeight", 1))
        with self._lock:
            if (name, chosen) not in self._servers:
                model = sagemaker.describe_model(ModelName=variants[chosen]["ModelName"])
                self._servers[name, chosen] = Server(name, model, scope)
            return self._servers[name, chosen], chosen


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
