"""The CDK command line's way in (`cdk.json`): `cdk synth -c env=dev`, `cdk deploy -c env=dev --all`, …"""

from __future__ import annotations

import json
import os
import sys

from commerce.families import discover
from infra.node import use_packaged_node
from infra.packaging import PackagingError
from infra.settings import SettingsError, load


def main() -> int:
    """Synthesize the environment of context `env` into the folder that the command line chose."""
    use_packaged_node()
    # Importing CDK starts Node.
    import aws_cdk as cdk

    from infra import assembly

    try:
        env = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}")).get("env")
        if not env:
            raise SettingsError("say which environment: -c env=dev (the name of a file below infra/environments)")
        settings = load(env)
        app = cdk.App(builtin_cloud_formation_validation=settings.checks)
        assembly.build(app, settings, discover())
    except (SettingsError, PackagingError) as error:
        print(error, file=sys.stderr)
        return 2
    if settings.checks:
        assembly.check(app)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
