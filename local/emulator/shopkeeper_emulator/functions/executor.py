"""Runs a function's packaged code as a process: the execution environment of AWS Lambda.

What AWS does and is done here too: initialisation errors and crashes come back as ``FunctionError`` documents, a
time-out ends the process and the next event gets a fresh one, standard output is the log.
Lifecycle: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path

from localemu import config
from localemu.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localemu.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localemu.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from shopkeeper_emulator import processes
from shopkeeper_emulator.functions import invocation_log
from shopkeeper_emulator.functions.runtime_api import Invocation, RuntimeApi
from shopkeeper_emulator.functions.runtime_directory import runtime_directory
from shopkeeper_emulator.settings import base_environment, settings

_INIT_SECONDS = 10.0  # AWS's limit for the init phase
_UNZIPPER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="unzip")


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _exit_reason(code: int) -> str:
    return "signal: killed" if code < 0 else f"exit status {code}"


class ProcessExecutor(RuntimeExecutor):
    """One execution environment: a Runtime API server and, while healthy, one runtime process."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._environment: dict[str, str] = {}
        self._api: RuntimeApi | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log = settings().root / "logs" / "functions" / f"{function_version.id.function_name}-{id[:8]}.log"

    # The executor's contract: LocalEmu calls these.

    def start(self, env_vars: dict[str, str]) -> None:
        self.function_version.config.code.prepare_for_execution()
        self._environment = self._function_environment(env_vars)
        self._initialise()

    def stop(self) -> None:
        self._end()

    def invoke(self, payload: dict[str, str], function_timeout: int | None = None) -> InvocationResult:
        seconds = float(function_timeout or self.function_version.config.timeout)
        request_id = payload["invoke-id"]
        start = self._log_size()
        if self._process is None or self._process.poll() is not None:
            try:
                self._initialise()
            except StatusErrorException as error:
                return InvocationResult(request_id, error.payload, True, self._read_log(start))
        began = time.monotonic()
        invocation = Invocation(
            request_id=request_id,
            payload=payload["payload"].encode(),
            function_arn=payload["invoked-function-arn"],
            deadline_ms=int((time.time() + seconds) * 1000),
            trace_id=payload["trace-id"] or "",
        )
        self._submit(invocation)
        try:
            outcome = invocation.outcome.result(timeout=seconds)
            body, failed = outcome.payload, outcome.error
        except FutureTimeoutError:
            self._end()
            message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
            body, failed = _error("Sandbox.Timedout", message), True
            self._append_log(f"{request_id} Task timed out after {seconds:.2f} seconds\n")
        logs = invocation_log.frame(
            self._read_log(start), request_id, self.function_version, (time.monotonic() - began) * 1000
        )
        return InvocationResult(request_id, body, failed, logs, self.function_version.id.qualifier)

    def get_logs(self) -> str:
        return self._read_log(0)

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return settings().endpoint

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unzip the code, without making the deployment wait; the first start waits if it comes sooner."""
        _UNZIPPER.submit(function_version.config.code.prepare_for_execution)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing to clean: a version that differs in its configuration only shares the unzipped code."""

    # How it is done.

    @property
    def _task_root(self) -> Path:
        return Path(self.function_version.config.code.get_unzipped_code_location())

    def _function_environment(self, env_vars: dict[str, str]) -> dict[str, str]:
        """The function's variables, its role's credentials, and the paths of the runtime."""
        given = {k: str(v) for k, v in env_vars.items() if v is not None and not k.startswith("LOCALEMU_")}
        path = f"{self._task_root}:{runtime_directory()}"
        given["PYTHONPATH"] = f"{path}:{given['PYTHONPATH']}" if "PYTHONPATH" in given else path
        runtime = self.function_version.config.runtime
        return {
            **base_environment(),
            **given,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}",
            "LAMBDA_TASK_ROOT": str(self._task_root),
            "LAMBDA_RUNTIME_DIR": str(runtime_directory()),
        }

    def _initialise(self) -> None:
        """Start the runtime and wait until it asks for its first event.

        Raises:
            StatusErrorException: it reported an error, ended, or took longer than AWS allows.
        """
        self._end()
        api = self._api = RuntimeApi()
        self._log.parent.mkdir(parents=True, exist_ok=True)

        def ended(process: subprocess.Popen[bytes]) -> None:
            api.settle_current(self._exit_document(api.current_request_id, process.returncode))
            api.ready.set()

        with self._log.open("ab") as output:
            # -S: no site-packages, so that only the zip and what the runtime provides can be imported.
            self._process = processes.spawn(
                [sys.executable, "-S", "-u", "-m", "awslambdaric", str(self.function_version.config.handler)],
                cwd=self._task_root,
                env={**self._environment, "AWS_LAMBDA_RUNTIME_API": api.address},
                output=output,
                on_exit=ended,
            )
        in_time = api.ready.wait(_INIT_SECONDS)
        if api.init_error is not None:
            self._fail_init(api.init_error)
        if not in_time:
            self._fail_init(_error("Sandbox.Timedout", f"Init timed out after {_INIT_SECONDS:.2f} seconds"))
        if self._process.poll() is not None:
            self._fail_init(self._exit_document("", self._process.returncode))

    def _submit(self, invocation: Invocation) -> None:
        """Hand the event over; a process that died meanwhile answers with its exit."""
        if self._api is None or self._process is None:
            raise RuntimeError("the execution environment was stopped")
        self._api.submit(invocation)
        if self._process.poll() is not None:
            self._api.settle_current(self._exit_document(invocation.request_id))

    def _fail_init(self, document: bytes) -> None:
        self._end()
        raise StatusErrorException("Environment startup failed", payload=document)

    def _exit_document(self, request_id: str, code: int | None = None) -> bytes:
        returned = code if code is not None else (self._process.returncode if self._process else -9)
        return _error(
            "Runtime.ExitError",
            f"RequestId: {request_id} Error: Runtime exited with error: {_exit_reason(returned or 0)}",
        )

    def _end(self) -> None:
        if self._process is not None:
            processes.end(self._process)
            self._process = None
        if self._api is not None:
            self._api.close()
            self._api = None

    def _log_size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _append_log(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(text)

    def _read_log(self, start: int) -> str:
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")
