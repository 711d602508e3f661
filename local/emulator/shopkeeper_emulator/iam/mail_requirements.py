"""Permissions of SES v2 calls.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from moto.ses import ses_backends

from shopkeeper_emulator.iam.needs import Need, Scope
from shopkeeper_emulator.mail.accepted import accept

_OF_SETS = "ConfigurationSetName"


def needs(operation: str, request: Mapping[str, Any], scope: Scope) -> list[Need]:
    """Sending is judged on the identity and on the configuration set, everything else on what it names."""
    if operation == "SendEmail":
        return _sending(request, scope)
    action = f"ses:{operation}"
    if _OF_SETS in request:
        return [Need(action, scope.arn("ses", f"configuration-set/{request[_OF_SETS]}"))]
    if "EmailIdentity" in request:
        return [Need(action, scope.arn("ses", f"identity/{request['EmailIdentity']}"))]
    return [Need(action, "*")]


def _sending(request: Mapping[str, Any], scope: Scope) -> list[Need]:
    # A raw message asks for SendRawEmail too, although the reference names SendEmail alone for the v2 API:
    # https://github.com/nodemailer/nodemailer/issues/1734
    raw = "Raw" in (request.get("Content") or {})
    actions = ["ses:SendEmail", "ses:SendRawEmail"] if raw else ["ses:SendEmail"]
    address = parseaddr(request.get("FromEmailAddress") or accept(request, "").source)[1]
    resources = [scope.arn("ses", f"identity/{_identity(address, scope)}")]
    if configuration := request.get(_OF_SETS):
        resources.append(scope.arn("ses", f"configuration-set/{configuration}"))
    return [Need(action, resource, {"ses:FromAddress": address}) for action in actions for resource in resources]


def _identity(address: str, scope: Scope) -> str:
    """The address, or its domain where that alone was verified."""
    known = ses_backends[scope.account][scope.region].email_identities
    domain = address.rpartition("@")[2]
    return domain if address not in known and domain in known else address
