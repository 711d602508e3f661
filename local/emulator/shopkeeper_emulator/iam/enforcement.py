"""The gate every request passes: LocalEmu's policy evaluation, asked about everything a call really needs.

Differences from LocalEmu's own gate, each towards AWS:

* every (action, resource) pair of :mod:`requirements` is judged, not one;
* a call that LocalEmu makes in the name of a role (Step Functions, Scheduler, Firehose, Lambda's logs) is judged too;
* ``aws:SecureTransport`` is true: the hop on this machine stands for one over TLS, and policies that deny plain
  HTTP are part of the stacks;
* a condition may name a single number, as CDK's policies do (LocalEmu expects text or a list);
* the refusal has AWS's wording, error code and HTTP status for the protocol;
* each judgement is recorded.
"""

import logging
from collections.abc import Callable, Iterable

from localemu.aws.api import CommonServiceException, RequestContext
from localemu.aws.chain import HandlerChain
from localemu.http import Response
from localemu.services.iam_enforcement import condition_evaluator, enforcer, evaluator
from localemu.services.iam_enforcement.evaluator import Decision, PolicyEvaluator
from localemu.services.iam_enforcement.identity import CallerIdentity, resolve_caller

from shopkeeper_emulator.iam.needs import Need, Scope
from shopkeeper_emulator.iam.record import record
from shopkeeper_emulator.iam.requirements import requirements

_LOG = logging.getLogger(__name__)
_TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
_EVALUATOR = PolicyEvaluator()


class Enforcement(enforcer.IAMEnforcementHandler):
    """Judges the calls of roles; root and LocalEmu's own housekeeping pass, anyone else is LocalEmu's to judge."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Let the request pass or raise the refusal that AWS would give."""
        if not context.service or not context.operation:
            return
        caller = _assumed_role(context)
        if caller is None:
            super().__call__(chain, context, response)
            return
        service, operation = context.service.service_name, context.operation.name
        if f"{service}:{operation}" in enforcer._EXEMPT_ACTIONS:
            return
        conditions = {**enforcer._build_conditions(context, caller), **_TLS}
        scope = Scope(context.account_id, context.region)
        refused = _judge(caller, requirements(service, operation, context.service_request, scope), conditions, scope)
        if refused:
            raise _refusal(caller, *refused, protocol=context.protocol or context.service.protocol)


def authorize(role_arn: str, needs: Iterable[Need], scope: Scope, service: str) -> str | None:
    """Judge calls that an AWS service makes with a role before LocalEmu would make any; returns the refusal, if any."""
    name = role_arn.rsplit("/", 1)[-1]
    caller = CallerIdentity(
        principal_type="AssumedRole",
        account_id=scope.account,
        arn=f"arn:aws:sts::{scope.account}:assumed-role/{name}/{service}",
        role_name=name,
        session_name=service,
    )
    conditions = {"aws:PrincipalArn": role_arn, **_TLS, "aws:RequestedRegion": scope.region}
    refused = _judge(caller, needs, conditions, scope)
    return _message(caller, *refused) if refused else None


def _assumed_role(context: RequestContext) -> CallerIdentity | None:
    key = enforcer._extract_access_key(context)
    if not key or not key.startswith(("ASIA", "LSIA")):
        return None
    caller = resolve_caller(key, context.account_id, context.region)
    return caller if caller and caller.principal_type == "AssumedRole" else None


def _judge(
    caller: CallerIdentity, needs: Iterable[Need], conditions: dict, scope: Scope
) -> tuple[Need, Decision] | None:
    """The first need that is refused, after all have been recorded up to it."""
    for need in needs:
        service = need.action.split(":", 1)[0]
        policy = enforcer._get_resource_policy(service, need.resource, scope.account, scope.region)
        decision = _EVALUATOR.evaluate(
            caller, need.action, need.resource, {**conditions, **need.conditions}, _usable(service, policy)
        )
        record(caller.role_name or "", need.action, need.resource, decision == Decision.ALLOW)
        if decision != Decision.ALLOW:
            return need, decision
    return None


def _usable(service: str, policy: dict | None) -> dict | None:
    """A resource policy as it counts here: a key policy that delegates to IAM does not itself allow a role."""
    if policy is None or service != "kms":
        return policy
    statements = policy.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    return {**policy, "Statement": [s for s in statements if not _delegates(s)]}


def _delegates(statement: dict) -> bool:
    principal = statement.get("Principal")
    names = principal.get("AWS") if isinstance(principal, dict) else None
    names = [names] if isinstance(names, str) else names or []
    return statement.get("Effect") == "Allow" and any(n.endswith(":root") or n.isdigit() for n in names)


def _with_lists(matches: Callable[[dict, dict], bool]) -> Callable[[dict, dict], bool]:
    """The evaluation of conditions, given each condition's values as a list."""

    def evaluate(statement: dict, context: dict) -> bool:
        conditions = {
            operator: {key: value if isinstance(value, list) else [str(value)] for key, value in block.items()}
            for operator, block in (statement.get("Condition") or {}).items()
        }
        return matches({**statement, "Condition": conditions}, context)

    return evaluate


def _message(caller: CallerIdentity, need: Need, decision: Decision) -> str:
    because = (
        "with an explicit deny"
        if decision == Decision.EXPLICIT_DENY
        else f"because no identity-based policy allows the {need.action} action"
    )
    return f"User: {caller.arn} is not authorized to perform: {need.action} on resource: {need.resource} {because}"


def _refusal(caller: CallerIdentity, need: Need, decision: Decision, protocol: str) -> CommonServiceException:
    message = _message(caller, need, decision)
    _LOG.warning("denied: %s", message)
    json_protocol = protocol in ("json", "rest-json", "smithy-rpc-v2-cbor")
    return CommonServiceException(
        code="AccessDeniedException" if json_protocol else "AccessDenied",
        message=message,
        status_code=400 if protocol == "json" else 403,
    )


def install() -> None:
    """Put this gate where LocalEmu's own would be."""
    condition_evaluator.matches_conditions = _with_lists(condition_evaluator.matches_conditions)
    evaluator.matches_conditions = condition_evaluator.matches_conditions
    enforcer.iam_enforcement_handler = Enforcement()
