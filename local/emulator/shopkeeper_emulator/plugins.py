"""What LocalEmu finds by entry point. Imports are inside, so that looking for plug-ins stays cheap."""

from localemu.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localemu.services.plugins import Service, aws_provider


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Lambda's execution environments as processes (``LAMBDA_RUNTIME_EXECUTOR=process``)."""

    name = "process"

    def load(self, *_args: object, **_kwargs: object):
        from shopkeeper_emulator.functions.executor import ProcessExecutor

        return ProcessExecutor


@aws_provider(api="sagemaker", name="process")
def sagemaker() -> Service:
    """SageMaker jobs and endpoints as processes; everything else from moto."""
    from shopkeeper_emulator.sagemaker.provider import control_plane

    return control_plane()


@aws_provider(api="sagemaker-runtime", name="process")
def sagemaker_runtime() -> Service:
    """``InvokeEndpoint`` answered by the container's own server."""
    from shopkeeper_emulator.sagemaker.provider import runtime_plane

    return runtime_plane()
