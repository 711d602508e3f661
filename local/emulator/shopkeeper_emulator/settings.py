"""What the emulator is told about this machine, through its environment (set by ``local.process``)."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where things are; every path is absolute.

    Attributes:
        root: state of this one cloud; nothing is written outside it.
        python: interpreter that runs container entry points (the project's own environment).
        code: directory that holds the rooms the container image would hold.
        port: the gateway's port.
    """

    root: Path
    python: str
    code: Path
    port: int

    @property
    def endpoint(self) -> str:
        """URL that functions and jobs reach the emulated AWS at."""
        return f"http://127.0.0.1:{self.port}"


@cache
def settings() -> Settings:
    """The settings of this process; a missing variable raises ``KeyError`` with its name."""
    return Settings(
        root=Path(os.environ["SHOPKEEPER_LOCAL_ROOT"]),
        python=os.environ["SHOPKEEPER_LOCAL_PYTHON"],
        code=Path(os.environ["SHOPKEEPER_LOCAL_CODE"]),
        port=int(os.environ["SHOPKEEPER_LOCAL_PORT"]),
    )


def aws_environment(credentials: dict[str, str], region: str) -> dict[str, str]:
    """Variables that make any AWS SDK in a child process speak to this cloud with these credentials only."""
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": settings().endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def base_environment() -> dict[str, str]:
    """The little a child process gets of this machine: where programs are, and UTF-8. No secret is inherited."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC"}
