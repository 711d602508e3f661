"""Makes the types known to CloudFormation's engine, and the engine quicker between two looks at a resource."""

from functools import partialmethod

from localemu.services.cloudformation.engine.v2 import change_set_resource_support_checker as support
from localemu.services.cloudformation.resource_provider import ResourceProvider, ResourceProviderExecutor

from shopkeeper_emulator.resources.api_backed import API_BACKED, ApiBackedProvider
from shopkeeper_emulator.resources.passed_over import PASSED_OVER, PassedOverProvider

_POLL_SECONDS = 0.1  # LocalEmu waits a second for resources that take milliseconds here


def install() -> None:
    """Extend the engine; its own types come after ours."""
    load = ResourceProviderExecutor.try_load_resource_provider
    known = support._implemented_resource_types

    def try_load(resource_type: str) -> ResourceProvider | None:
        if resource_type in API_BACKED:
            return ApiBackedProvider(resource_type)
        if resource_type in PASSED_OVER:
            return PassedOverProvider(resource_type)
        return load(resource_type)

    def implemented() -> frozenset[str]:
        return known() | API_BACKED.keys() | PASSED_OVER.keys()

    ResourceProviderExecutor.try_load_resource_provider = staticmethod(try_load)
    ResourceProviderExecutor.deploy_loop = partialmethod(ResourceProviderExecutor.deploy_loop, sleep_time=_POLL_SECONDS)
    support._implemented_resource_types = implemented
