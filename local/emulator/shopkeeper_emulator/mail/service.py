"""SES v2 where LocalEmu falls short of it.

LocalEmu accepts mail from anybody, keeps every mail in memory, publishes no event of a mail sent through the v2 API and
does not know the account's quota or a configuration set's destinations.
"""

import re
from typing import Any

from localemu.aws.api import CommonServiceException, RequestContext
from localemu.services.iam_enforcement import enforcer
from localemu.services.iam_enforcement.identity import resolve_caller
from localemu.services.ses.provider import get_ses_backend
from localemu.services.sesv2.provider import Sesv2Provider

from shopkeeper_emulator.iam.needs import Scope
from shopkeeper_emulator.mail import destinations, events, pages
from shopkeeper_emulator.mail.accepted import Accepted, accept
from shopkeeper_emulator.mail.store import store

# More than this machine can send, so that the quota holds nobody back who keeps to it.
_QUOTA = {"Max24HourSend": 1_000_000.0, "MaxSendRate": 1_000.0}
_TAG = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MAX_TAGS = 50
_MAX_RECIPIENTS = 50


class _Refused(CommonServiceException):
    """SES's refusal of a call."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status_code=status)


def _send_email(_provider: Sesv2Provider, context: RequestContext, **_: Any) -> dict[str, str]:
    """Check the mail as SES does before it takes it, keep it, and tell what became of it."""
    request = context.service_request or {}
    content = request.get("Content") or {}
    if "Raw" not in content and "Simple" not in content:
        raise _Refused("BadRequestException", "the local cloud sends raw and simple messages only")
    mail = accept(request, _caller(context))
    _check(mail, context)
    store().add(mail)
    scope = Scope(context.account_id, context.region)
    for kind, particular in events.after_sending(mail):
        destinations.publish(mail.configuration_set, kind, events.document(mail, kind, particular, scope))
    return {"MessageId": mail.message_id}


def _check(mail: Accepted, context: RequestContext) -> None:
    if not mail.recipients:
        raise _Refused("BadRequestException", "Missing required parameter: Destination.")
    if len(mail.recipients) > _MAX_RECIPIENTS:
        raise _Refused("BadRequestException", f"Recipient count exceeds {_MAX_RECIPIENTS}.")
    for name, value in mail.tags.items():
        for part in (name, value):
            if not _TAG.fullmatch(part):
                raise _Refused(
                    "BadRequestException",
                    f"Invalid tag {'name' if part is name else 'value'} <{part}>: only alphanumeric ASCII characters, "
                    "'_', and '-' are allowed.",
                )
    if len(mail.tags) > _MAX_TAGS:
        raise _Refused("BadRequestException", f"More than {_MAX_TAGS} tags.")
    backend = get_ses_backend(context)
    if mail.configuration_set and mail.configuration_set not in backend.config_sets:
        raise _Refused("NotFoundException", f"Configuration set <{mail.configuration_set}> does not exist.", 404)
    if not backend._is_verified_address(mail.address):
        raise _Refused(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{context.region.upper()}: {mail.source}",
        )


def _caller(context: RequestContext) -> str:
    """Name of the role or user that calls, as mail tags have it."""
    key = enforcer._extract_access_key(context)
    caller = resolve_caller(key, context.account_id, context.region) if key else None
    return (caller and caller.role_name) or "root"


def _get_account(_provider: Sesv2Provider, context: RequestContext, **_: Any) -> dict[str, Any]:  # noqa: ARG001 - the engine's signature
    """An account that has left the sandbox."""
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "SendQuota": {**_QUOTA, "SentLast24Hours": float(len(store()))},
        "SuppressionAttributes": {"SuppressedReasons": []},
    }


def _put_destination(
    _provider: Sesv2Provider,
    context: RequestContext,
    configuration_set_name: str,
    event_destination_name: str,
    event_destination: dict[str, Any],
    **_: Any,
) -> dict[str, Any]:
    """Create or update a destination."""
    if configuration_set_name not in get_ses_backend(context).config_sets:
        raise _Refused("NotFoundException", f"Configuration set <{configuration_set_name}> does not exist.", 404)
    destinations.put(configuration_set_name, event_destination_name, event_destination)
    return {}


def _get_destinations(
    _provider: Sesv2Provider,
    context: RequestContext,  # noqa: ARG001 - the engine's signature
    configuration_set_name: str,
    **_: Any,
) -> dict[str, Any]:
    return {"EventDestinations": destinations.of(configuration_set_name)}


def _delete_destination(
    _provider: Sesv2Provider,
    context: RequestContext,  # noqa: ARG001 - the engine's signature
    configuration_set_name: str,
    event_destination_name: str,
    **_: Any,
) -> dict[str, Any]:
    if not destinations.delete(configuration_set_name, event_destination_name):
        raise _Refused("NotFoundException", f"Event destination <{event_destination_name}> does not exist.", 404)
    return {}


def install() -> None:
    """Put these in place of LocalEmu's operations, and the outbox in place of its own."""
    Sesv2Provider.send_email = _send_email
    Sesv2Provider.get_account = _get_account
    Sesv2Provider.create_configuration_set_event_destination = _put_destination
    Sesv2Provider.update_configuration_set_event_destination = _put_destination
    Sesv2Provider.get_configuration_set_event_destinations = _get_destinations
    Sesv2Provider.delete_configuration_set_event_destination = _delete_destination
    pages.install()
