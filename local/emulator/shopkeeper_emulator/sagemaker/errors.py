"""SageMaker's errors, as its API words them."""

from localemu.aws.api import CommonServiceException


class ResourceInUse(CommonServiceException):
    """A job of that name exists; names are taken for good."""

    def __init__(self, kind: str, arn: str) -> None:
        super().__init__(
            "ResourceInUse",
            f"{kind} job name must be unique within an AWS account and region, "
            f"and a {kind.lower()} job with this name already exists ({arn})",
        )


class ValidationError(CommonServiceException):
    """The request makes no sense as it is."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(code, message)


class ModelError(CommonServiceException):
    """The container answered with an error, or not in time."""

    def __init__(self, status: int, text: str) -> None:
        kind = "client" if 400 <= status < 500 else "server"
        super().__init__(
            "ModelError",
            f'Received {kind} error ({status}) from primary with message "{text}". See the log group of the endpoint.',
            status_code=424,
        )


class JobError(Exception):
    """Why a job failed; the text becomes its ``FailureReason``."""
