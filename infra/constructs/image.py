"""The one container image of training and serving, built where it is deployed from; synth only fingerprints it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from infra.packaging import ROOT

# Nothing but what the Dockerfile copies, so that no other change makes a new image.
_CONTEXT = (
    "*",
    "!commerce",
    "!lake",
    "!campaigns",
    "!training",
    "!locks",
    "locks/*",
    "!locks/container.txt",
    "**/__pycache__",
    "**/*.pyc",
    "**/*.md",
)


def image(scope: Construct, id_: str, dockerfile: str = "training/Dockerfile") -> ecr_assets.DockerImageAsset:
    """The image of `dockerfile` (a path below the repository's root, which is the build's context)."""
    return ecr_assets.DockerImageAsset(
        scope,
        id_,
        directory=str(ROOT),
        file=dockerfile,
        exclude=list(_CONTEXT),
        ignore_mode=cdk.IgnoreMode.DOCKER,
        platform=ecr_assets.Platform.LINUX_AMD64,
    )
