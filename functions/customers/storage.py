"""Requests in DynamoDB, the workflow that works on them, exports in the lake bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from commerce.privacy import Kind, PrivacyRequest, export_key
from functions.common import privacy
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.privacy import Stored

URL_SECONDS = 3600


@dataclass
class AwsStorage:
    """`Storage` on AWS."""

    def read(self, request_id: str) -> Stored | None:
        """A request."""
        return privacy.read(client("dynamodb"), setting("CAMPAIGNS_TABLE"), request_id)

    def find(self, customer_id: str, kind: Kind) -> Stored | None:
        """The customer's last request of a kind."""
        return privacy.find(client("dynamodb"), setting("CAMPAIGNS_TABLE"), customer_id, kind)

    def begin(self, request: PrivacyRequest, customer_id: str, before: Stored | None) -> bool:
        """Store a request in place of `before`; False where somebody else was faster."""
        return privacy.begin(client("dynamodb"), setting("CAMPAIGNS_TABLE"), request, customer_id, before)

    def start(self, request: PrivacyRequest) -> bool:
        """An execution has its request's name, so that starting it again while it runs is the same execution."""
        try:
            client("stepfunctions").start_execution(
                stateMachineArn=setting("PRIVACY_WORKFLOW"),
                name=request.request_id,
                input=json.dumps({"request_id": request.request_id, "kind": request.kind}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def give_up(self, stored: Stored, now: datetime) -> None:
        """The workflow is over and has not said so: the request failed."""
        reason = "its execution was stopped, or could not say how it ended"
        privacy.end(client("dynamodb"), setting("CAMPAIGNS_TABLE"), stored, "failed", reason, now)

    def url(self, request: PrivacyRequest) -> str:
        """Where an export can be fetched for a while."""
        return client("s3", signature="s3v4").generate_presigned_url(
            "get_object",
            Params={"Bucket": setting("LAKE_BUCKET"), "Key": export_key(request.request_id)},
            ExpiresIn=URL_SECONDS,
        )
