"""The secret by which unsubscribe links and coupon codes are signed."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.constructs.storage import removal
from infra.settings import Retention


def token_secret(scope: Construct, id_: str, *, name: str, key: kms.Key, retention: Retention) -> secretsmanager.Secret:
    """`{"current": …}`, made by Secrets Manager where nobody sees it; a new one keeps the old as `previous`."""
    secret = secretsmanager.Secret(
        scope,
        id_,
        secret_name=name,
        description="Signs unsubscribe links and coupon codes",
        encryption_key=key,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template="{}",  # noqa: S106 - the shape of the secret, whose value nobody writes
            generate_string_key="current",
            password_length=64,
            exclude_punctuation=True,
        ),
        removal_policy=removal(retention),
    )
    acknowledge(
        secret,
        "A changed secret makes the links of letters that were sent, and coupons of campaigns that go on, invalid: it "
        "is changed by hand, where it has leaked, and keeps the previous value beside the new one.",
        "SMG4",
    )
    return secret
