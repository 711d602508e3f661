"""One permission that a call needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Need:
    """An action on a resource, with the condition keys that the call gives it.

    Attributes:
        action: e.g. ``dynamodb:GetItem``.
        resource: an ARN, or ``*`` for actions without resource types.
        conditions: condition key -> value, beyond those every call has.
    """

    action: str
    resource: str
    conditions: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """Account and region that a call is made in."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """ARN of a regional resource."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
