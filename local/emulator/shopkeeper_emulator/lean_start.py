"""Leaves out what LocalEmu starts for features that no stack of ours uses, so that it is ready sooner."""

import sys
import types
from importlib.metadata import EntryPoint

from localemu.aws.api import RequestContext
from localemu.aws.chain import Handler, HandlerChain
from localemu.http import Response
from localemu.runtime import hooks

# Pages for people, Docker clean-up and snapshot persistence: nothing that answers an AWS call.
_SKIPPED_HOOKS = frozenset(
    {
        "cleanup_orphaned_ecs_containers",
        "cleanup_orphaned_eks_clusters",
        "cleanup_ecs_docker",
        "cleanup_eks_clusters",
        "cleanup_rds_docker",
        "conditionally_enable_debugger",
        "deprecation_warnings",
        "register",  # the exporter to Terraform and friends
        "register_dashboard",
        "register_latency_handler",
        "register_swagger_endpoints",
        "_init_persistence",
        "_run_init_scripts_on_start",
        "_run_init_scripts_on_ready",
        "_run_init_scripts_on_shutdown",
    }
)


class _WithoutSkipped:
    """Entry points as LocalEmu finds them, less the skipped hooks; finding one would import its module."""

    def __init__(self, found) -> None:
        self._found = found

    def get_entry_points(self) -> dict[str, list[EntryPoint]]:
        return {
            group: [point for point in points if point.name not in _SKIPPED_HOOKS]
            for group, points in self._found.get_entry_points().items()
        }


class _NoValidator(Handler):
    """Stands in for the validation of LocalEmu's own pages, which is off by default and costs a second to import."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Pass the request on."""


def _skip_openapi_validation() -> None:
    name = "localemu.aws.handlers.validation"
    module = types.ModuleType(name)
    vars(module).update(OpenAPIRequestValidator=_NoValidator, OpenAPIResponseValidator=_NoValidator)
    sys.modules[name] = module


def install() -> None:
    """Must run before ``localemu.aws.handlers`` is imported and before any hook is looked up."""
    _skip_openapi_validation()
    for hook in (hooks.on_infra_start, hooks.on_infra_ready, hooks.on_infra_shutdown):
        finder = hook.manager.finder
        finder.entry_points_resolver = _WithoutSkipped(finder.entry_points_resolver)
