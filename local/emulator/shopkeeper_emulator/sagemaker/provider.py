"""SageMaker's two APIs: what runs is ours, what is only kept (models, packages, configurations) stays with moto."""

import threading
from typing import Any

from localemu.aws.api import RequestContext
from localemu.aws.skeleton import Skeleton
from localemu.aws.spec import load_service
from localemu.services.moto import MotoOnlyDispatcher, call_moto
from localemu.services.plugins import Service

from shopkeeper_emulator.sagemaker.endpoints import Endpoints
from shopkeeper_emulator.sagemaker.job_api import JobApi
from shopkeeper_emulator.sagemaker.processing import Processing
from shopkeeper_emulator.sagemaker.training import Training

_endpoints = Endpoints()


class _PackageRegistration:
    """``CreateModelPackage`` once per client token, which moto ignores: a retried registration adds no version."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, context: RequestContext, request: dict[str, Any]) -> Any:
        token = request.get("ClientToken")
        if not token:
            return call_moto(context)
        key = (context.account_id, context.region, token)
        with self._lock:
            if key not in self._made:
                self._made[key] = call_moto(context)
            return self._made[key]


def _ending(operation_context: RequestContext, request: dict[str, Any]) -> Any:
    """``UpdateEndpoint`` and ``DeleteEndpoint``: moto keeps the books, the old server ends."""
    answer = call_moto(operation_context)
    _endpoints.forget(request["EndpointName"])
    return answer


def control_plane() -> Service:
    """The ``sagemaker`` API."""
    model = load_service("sagemaker")
    table = MotoOnlyDispatcher(model)
    for kind in (Processing(), Training()):
        table.update(JobApi(kind).operations())
    table.update(CreateModelPackage=_PackageRegistration(), UpdateEndpoint=_ending, DeleteEndpoint=_ending)
    return Service(name="sagemaker", skeleton=Skeleton(model, table))


def runtime_plane() -> Service:
    """The ``sagemaker-runtime`` API."""
    model = load_service("sagemaker-runtime")
    table = MotoOnlyDispatcher(model)
    table["InvokeEndpoint"] = _endpoints.invoke
    return Service(name="sagemaker-runtime", skeleton=Skeleton(model, table))
