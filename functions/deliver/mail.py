"""Handing letters to SES, once per claim: what its answers mean for whether a letter was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)

from functions.common.aws import client
from functions.common.environment import setting

SIMULATOR = "success@simulator.amazonses.com"
"""SES's mailbox simulator: takes mail, publishes its events, and counts against no reputation."""
READ_SECONDS = 10.0

_THROTTLED = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "LimitExceededException"}
)
_REFUSED = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})
_NEVER_LEFT = (
    ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ProxyConnectionError
)  # fmt: skip
"""The request did not reach the service."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sent`: with `message_id`. `refused`: this letter cannot be sent. `throttled`: not now. `closed`: no letter of
    this account can be sent now, this one was not. `unknown`: it may or may not have been sent."""

    kind: Literal["sent", "refused", "throttled", "closed", "unknown"]
    message_id: str = ""
    reason: str = ""
    """The service's code, never its message: that may quote an address."""


class Mailer:
    """SES with the environment's configuration set."""

    def send(self, message: bytes, tags: Mapping[str, str]) -> Outcome:
        """Hand one MIME message over, as its headers address it. Never raises for what the service or network does."""
        try:
            # The SDK must not try again on its own: after a time-out that would send the letter twice.
            response = client("sesv2", read_timeout=READ_SECONDS, attempts=1).send_email(
                Content={"Raw": {"Data": message}},
                ConfigurationSetName=setting("CONFIGURATION_SET"),
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            )
        except ClientError as error:
            return refusal(error)
        except _NEVER_LEFT as error:
            return Outcome("closed", reason=type(error).__name__)
        except BotoCoreError as error:
            return Outcome("unknown", reason=type(error).__name__)
        return Outcome("sent", response["MessageId"])

    def account_rate(self) -> float | None:
        """Letters a second that the account may send; None where that is not limited."""
        quota = client("sesv2").get_account().get("SendQuota") or {}
        rate = quota.get("MaxSendRate")
        return rate if rate and rate > 0 else None


def refusal(error: ClientError) -> Outcome:
    """What an error answer means."""
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _THROTTLED or status == 429:
        return Outcome("throttled", reason=code)
    if status >= 500:
        return Outcome("unknown", reason=code)
    # An account that may not send from its own address yet is no fault of the letter.
    if code in _REFUSED and "not verified" not in error.response["Error"].get("Message", ""):
        return Outcome("refused", reason=code)
    return Outcome("closed", reason=code)
