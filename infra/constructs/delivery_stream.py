"""A Firehose stream that keeps JSON lines in the lake bucket by day of arrival."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk.aws_logs import LogStream
from constructs import Construct

from infra import access, naming
from infra.constructs.log_group import log_group
from infra.settings import Settings

BUFFER_SECONDS = 60
BUFFER_MB = 64


class DeliveryStream(Construct):
    """Direct puts → `<folder>/dt=YYYY-MM-DD/…`; what cannot be delivered goes below `failed/<folder>/`."""

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, folder: str, bucket_arn: str, key: kms.Key
    ) -> None:
        super().__init__(scope, id_)
        self.name = naming.name(settings.name, id_.lower())
        log_name = f"/aws/kinesisfirehose/{self.name}"
        logs = log_group(self, "Logs", name=log_name, days=settings.retention.log_days)
        stream_of_logs = LogStream(
            self,
            "LogStream",
            log_group=logs,
            log_stream_name="delivery",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = access.role(self, "Role", "firehose.amazonaws.com", f"Lets Firehose deliver {self.name}")
        patterns = (f"{folder}/*", f"failed/{folder}/*")
        writing = ("PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")
        because = "Firehose names the objects it delivers; it may write below the stream's own two prefixes only."
        policy = access.grant(
            self,
            role,
            [
                *(access.objects(bucket_arn, pattern, *writing, because=because) for pattern in patterns),
                access.allow(["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], bucket_arn),
                access.listing(bucket_arn, *patterns),
                access.encrypt(key),
                access.allow(["logs:PutLogEvents"], logs.log_group_arn),
            ],
        )
        self.stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=self.name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="AWS_OWNED_CMK"
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{folder}/dt=!{{timestamp:yyyy-MM-dd}}/",
                error_output_prefix=f"failed/{folder}/!{{firehose:error-output-type}}/dt=!{{timestamp:yyyy-MM-dd}}/",
                compression_format="UNCOMPRESSED",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=BUFFER_SECONDS, size_in_m_bs=BUFFER_MB
                ),
                encryption_configuration=firehose.CfnDeliveryStream.EncryptionConfigurationProperty(
                    kms_encryption_config=firehose.CfnDeliveryStream.KMSEncryptionConfigProperty(
                        awskms_key_arn=key.key_arn
                    )
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True,
                    log_group_name=log_name,
                    log_stream_name=stream_of_logs.log_stream_name,
                ),
            ),
        )
        # The stream checks its permissions when it is made.
        self.stream.node.add_dependency(policy)
        self.arn = self.stream.attr_arn
