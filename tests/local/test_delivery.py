"""Firehose, API Gateway, CloudFormation and mail behave as on AWS."""

import json
from datetime import UTC, datetime

import pytest
import requests

from tests.local import stack
from tests.local.conftest import wait_for

pytestmark = pytest.mark.cloud


def test_firehose_delivers_under_the_prefix(cloud, invoke):
    # GIVEN a function that may write to its stream
    records = [{"Data": json.dumps({"n": n}) + "\n"} for n in range(3)]
    parameters = {"DeliveryStreamName": "probe-events", "Records": records}

    # WHEN it does
    error, answer = invoke(
        "probe-main", do="call", service="firehose", operation="put_record_batch", parameters=parameters
    )

    # THEN the records are in one object under today's prefix, within seconds
    assert (error, answer.get("FailedPutCount")) == (None, 0)
    prefix = f"raw/events/dt={datetime.now(UTC):%Y-%m-%d}/probe-events-"
    s3 = cloud.client("s3")
    found = wait_for(lambda: s3.list_objects_v2(Bucket="probe-data", Prefix=prefix).get("Contents"), 10)
    body = s3.get_object(Bucket="probe-data", Key=found[0]["Key"])["Body"].read()
    assert len(body.splitlines()) == 3


def test_other_stream_is_refused(invoke):
    # GIVEN a function that may write to its stream only
    parameters = {"DeliveryStreamName": "someone-elses", "Records": [{"Data": "e30="}]}

    # WHEN it writes to another
    error, answer = invoke(
        "probe-main", do="call", service="firehose", operation="put_record_batch", parameters=parameters
    )

    # THEN it is refused
    assert error == "Unhandled"
    assert "deliverystream/someone-elses" in answer["errorMessage"]


@pytest.mark.parametrize(("headers", "status"), [({}, 403), ({"x-api-key": "wrong"}, 403)])
def test_api_without_a_valid_key_is_forbidden(cloud, headers, status):
    # GIVEN an API that needs a key

    # WHEN it is called without a valid one
    answer = requests.get(cloud.api_url(cloud.output("Api"), "live") + "/", headers=headers, timeout=20)

    # THEN it is forbidden
    assert answer.status_code == status


def test_api_with_a_key_reaches_the_function(cloud):
    # GIVEN an API that needs a key

    # WHEN it is called with it
    headers = {"x-api-key": stack.API_KEY}
    answer = requests.get(cloud.api_url(cloud.output("Api"), "live") + "/", headers=headers, timeout=20)

    # THEN the function answers
    assert (answer.status_code, answer.json()) == (200, {"path": "/"})


def test_cloudformation_knows_our_types(cloud):
    # GIVEN a template with types that the emulator lacks

    # WHEN its outputs refer to them
    outputs = cloud.outputs["probe"]

    # THEN the references are what AWS would give
    assert outputs["PackagesArn"] == "arn:aws:sagemaker:us-east-1:000000000000:model-package-group/probe-packages"
    assert outputs["EndpointName"] == "probe"
    assert outputs["FirewallArn"].startswith("arn:aws:wafv2:us-east-1:000000000000:regional/webacl/")


def test_redeploying_the_same_template_changes_nothing(cloud):
    # GIVEN a deployed stack
    before = dict(cloud.outputs["probe"])

    # WHEN it is deployed again
    after = cloud.deploy("probe", stack.template())

    # THEN it is the same
    assert after == before


def test_unknown_type_fails_the_deployment(cloud):
    # GIVEN a template with a type that nobody implements
    from local.errors import DeploymentError

    template = {"Resources": {"Ship": {"Type": "AWS::RoboMaker::Fleet", "Properties": {}}}}

    # WHEN it is deployed
    with pytest.raises(DeploymentError) as failed:
        cloud.deploy("unknown", template)

    # THEN it fails and names the type
    assert "AWS::RoboMaker::Fleet" in str(failed.value)


def test_sent_mail_is_in_the_outbox(cloud):
    # GIVEN a verified sender
    cloud.client("ses").verify_email_identity(EmailAddress="shop@example.com")

    # WHEN a mail is sent
    cloud.client("sesv2").send_email(
        FromEmailAddress="shop@example.com",
        Destination={"ToAddresses": ["customer@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "there"}}}},
    )

    # THEN it is kept, and delivered to nobody
    sent = [m for m in cloud.outbox() if m.subject == "Hello"]
    assert [(m.sender, m.recipients) for m in sent] == [("shop@example.com", ("customer@example.com",))]


def test_description_names_what_runs(cloud):
    # GIVEN a running cloud

    # WHEN cloud.json is read
    description = json.loads((cloud.root / "cloud.json").read_text())

    # THEN it says where things are
    assert description["endpoint"] == cloud.endpoint
    assert description["account"] == "000000000000"
    assert description["outputs"]["probe"]["EndpointName"] == "probe"


def test_a_buckets_default_encryption_is_that_of_its_template(cloud):
    # GIVEN a template of a bucket encrypted with a key of the account
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "Key"}}}
    encryption = {"ServerSideEncryptionConfiguration": [{**rule, "BucketKeyEnabled": True}]}
    bucket = {"BucketName": "probe-encrypted", "BucketEncryption": encryption}
    resources = {"Key": {"Type": "AWS::KMS::Key"}, "Bucket": {"Type": "AWS::S3::Bucket", "Properties": bucket}}
    # WHEN it is deployed
    cloud.deploy("probe-encryption", {"Resources": resources})
    # THEN the bucket is encrypted with that key
    found = cloud.client("s3").get_bucket_encryption(Bucket="probe-encrypted")["ServerSideEncryptionConfiguration"]
    assert found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_alarms_are_found_by_prefix_and_state_together(cloud):
    # GIVEN two alarms of one prefix, one of them raised
    cloudwatch = cloud.client("cloudwatch")
    for name in ("probe-alarm-quiet", "probe-alarm-raised"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Probe",
            MetricName="Nothing",
            Statistic="Sum",
            Period=86400,  # so that nobody evaluates it meanwhile
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName="probe-alarm-raised", StateValue="ALARM", StateReason="a test")
    # WHEN the raised ones of the prefix are asked for
    found = cloudwatch.describe_alarms(AlarmNamePrefix="probe-alarm", StateValue="ALARM")["MetricAlarms"]
    # THEN it is the one
    assert [alarm["AlarmName"] for alarm in found] == ["probe-alarm-raised"]
