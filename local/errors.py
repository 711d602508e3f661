"""What can go wrong while starting or using the local cloud, each with a message that says what to do."""


class CloudError(RuntimeError):
    """The local cloud cannot do what was asked."""


class PortInUseError(CloudError):
    """Another program listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} is in use by another program. Stop it (python -m local down, if it is a local cloud), "
            f"or start this one on another port: python -m local up --port {port + 1}"
        )


class DeploymentError(CloudError):
    """CloudFormation could not create or update a stack."""
