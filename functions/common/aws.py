"""AWS clients, made on first use and kept for the life of the execution environment.

They come from botocore, the part of boto3 that makes clients: boto3's own additions, resources and S3 transfers, would
only make a cold start longer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

THROTTLED = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes that say: the same request may succeed a little later."""


@cache
def client(service: str, *, read_timeout: float = 10.0, attempts: int = 4, signature: str | None = None) -> Any:
    """A client with short time-outs (seconds) and the SDK's own jittered retries.

    `signature` is the SDK's default where it is left out. Signed URLs of encrypted objects need `s3v4`, which the SDK
    does not take by itself in every region.
    """
    return _session().create_client(
        service,
        config=Config(
            connect_timeout=min(2.0, read_timeout),
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
            # Together a third of what a call costs here: every value checked that the service checks again, and a user
            # agent put together anew each time.
            parameter_validation=False,
            user_agent="shopkeeper",
            signature_version=signature,
        ),
    )


@cache
def _session() -> Session:
    return Session()
