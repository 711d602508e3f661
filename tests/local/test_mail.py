"""SES takes, refuses and reports mail as on AWS."""

import json
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from botocore.exceptions import ClientError

from local.errors import CloudError
from local.mail_events import SIMULATED, Reaction, simulate
from local.outbox import find_message
from tests.local.conftest import wait_for

pytestmark = pytest.mark.cloud

SENDER = "letters@mail.example"
KINDS = ["send", "delivery", "open", "click", "bounce", "complaint", "renderingFailure", "deliveryDelay"]


def template():
    """An identity, a configuration set, and its events on a queue."""
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    destination = {
        "Name": "events",
        "Enabled": True,
        "MatchingEventTypes": KINDS,
        "SnsDestination": {"TopicARN": {"Ref": "Topic"}},
    }
    subscription = {
        "TopicArn": {"Ref": "Topic"},
        "Protocol": "sqs",
        "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
        "RawMessageDelivery": True,
    }
    return {
        "Resources": {
            "Identity": {"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "mail.example"}},
            "Set": {
                "Type": "AWS::SES::ConfigurationSet",
                "Properties": {"Name": "probe-letters", "DeliveryOptions": {"TlsPolicy": "REQUIRE"}},
            },
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "probe-mail"}},
            "QueuePolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [policy]}},
            },
            "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
            "Events": {
                "Type": "AWS::SES::ConfigurationSetEventDestination",
                "DependsOn": ["Subscription"],
                "Properties": {"ConfigurationSetName": {"Ref": "Set"}, "EventDestination": destination},
            },
        },
        "Outputs": {
            "Queue": {"Value": {"Ref": "Queue"}},
            "Dkim": {"Value": {"Fn::GetAtt": ["Identity", "DkimDNSTokenName1"]}},
        },
    }


@pytest.fixture(scope="module")
def queue(cloud):
    """URL of the queue that gets every event of mail."""
    return cloud.deploy("probe-mail", template())["Queue"]


def letter(to="customer@example.com"):
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Shop <{SENDER}>"
    message["To"] = to
    message["Subject"] = "Grüße"
    message["List-Unsubscribe"] = "<https://shop.example/u?token=abc>"
    message.set_content("Hello in plain text")
    message.add_alternative("<p>Hello in <b>HTML</b></p>", subtype="html")
    return message.as_bytes()


LETTER = letter()


def send(cloud, to="customer@example.com", **more):
    """Send a letter; returns its message id."""
    request = {
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": letter(to)}},
        "ConfigurationSetName": "probe-letters",
        "EmailTags": [{"Name": "letter", "Value": "l-1"}],
    }
    return cloud.client("sesv2").send_email(**request | more)["MessageId"]


def events_of(cloud, queue, message_id, wanted):
    """Events of a mail by type, once there are those wanted."""
    found, sqs = {}, cloud.client("sqs")

    def look():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            if message["Body"].startswith("{"):
                event = json.loads(message["Body"])
                if event["mail"]["messageId"] == message_id:
                    found[event["eventType"]] = event
        return found if wanted <= set(found) else None

    return wait_for(look, 20)


def test_a_topic_is_told_that_it_was_looked_at(cloud, queue):
    # GIVEN a new event destination
    # WHEN its queue is read
    def look():
        return cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages")

    # THEN SES's own word is there, which is no event
    assert any(m["Body"].startswith("Successfully validated SNS topic") for m in wait_for(look))


def test_a_letter_is_kept_whole_and_shown_decoded(cloud, queue):
    # GIVEN a raw mail with two parts
    message_id = send(cloud, Content={"Raw": {"Data": LETTER}})
    # WHEN it is looked up in the outbox
    found = find_message(cloud.endpoint, message_id)
    # THEN everything in it can be read, and the message is as it was sent
    assert found is not None
    assert (found.sender, found.recipients) == (f"Shop <{SENDER}>", ("customer@example.com",))
    assert (found.subject, found.tags) == ("Grüße", {"letter": "l-1"})
    assert found.text.strip() == "Hello in plain text" and "<b>HTML</b>" in found.html
    assert found.header("list-unsubscribe") == "<https://shop.example/u?token=abc>"
    assert found.source == LETTER


def test_links_to_the_api_can_be_followed_from_the_outbox(cloud, queue):
    # GIVEN a letter with a link to an API of this cloud, under its address in AWS
    link = "https://abc123.execute-api.us-east-1.amazonaws.com/live/v1/unsubscribe?token=x"
    raw = LETTER.replace(b"https://shop.example/u?token=abc", link.encode())
    message_id = send(cloud, Content={"Raw": {"Data": raw}})
    # WHEN it is looked up
    found = find_message(cloud.endpoint, message_id)
    # THEN the link leads to this machine, and the message itself is as it was sent
    assert found is not None
    here = cloud.api_url("abc123", "live")
    assert found.header("List-Unsubscribe") == f"<{here}/v1/unsubscribe?token=x>"
    assert found.source == raw


def test_the_outbox_can_be_read_without_bodies(cloud, queue):
    # GIVEN a sent mail
    message_id = send(cloud, "light@example.com")
    # WHEN the outbox is read without messages
    found = next(m for m in cloud.outbox(bodies=False) if m.id == message_id)
    # THEN it says who got it
    assert (found.recipients, found.source) == (("light@example.com",), b"")


def test_sending_and_delivery_are_published_in_sess_form(cloud, queue):
    # GIVEN a mail through the configuration set
    message_id = send(cloud)
    # WHEN its events have come
    events = events_of(cloud, queue, message_id, {"Send", "Delivery"})
    # THEN they are SES's own, with the tags as lists
    mail = events["Send"]["mail"]
    assert events["Send"]["send"] == {}
    assert mail["destination"] == ["customer@example.com"]
    assert mail["tags"]["ses:configuration-set"] == ["probe-letters"]
    assert mail["tags"]["letter"] == ["l-1"]
    assert mail["commonHeaders"]["subject"] == "Grüße"
    assert {"name": "Subject", "value": "Grüße"} in mail["headers"]
    assert events["Delivery"]["delivery"]["recipients"] == ["customer@example.com"]


@pytest.mark.parametrize(
    ("address", "kind", "part"),
    [
        ("bounce@simulator.amazonses.com", "Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}),
        ("suppressionlist@simulator.amazonses.com", "Bounce", {"bounceSubType": "Suppressed"}),
        ("complaint+1@simulator.amazonses.com", "Complaint", {"complaintFeedbackType": "abuse"}),
        ("success@simulator.amazonses.com", "Delivery", {"smtpResponse": "250 2.6.0 Message received"}),
    ],
)
def test_the_mailbox_simulator_answers_as_on_aws(cloud, queue, address, kind, part):
    # GIVEN a mail to one of its addresses
    message_id = send(cloud, address)
    # WHEN its events have come
    event = events_of(cloud, queue, message_id, {"Send", kind})[kind]
    # THEN that happened which the address stands for
    assert part.items() <= event[kind.lower()].items()


def test_simulated_opens_and_clicks_take_the_same_way(cloud, queue):
    # GIVEN a sent mail
    message_id = send(cloud)
    # WHEN somebody is said to have opened and clicked
    link = "https://shop.example/offer?a=1"
    simulate(cloud.endpoint, [Reaction(message_id, "open"), Reaction(message_id, "click", link=link)])
    # THEN both events come, labelled as simulated
    events = events_of(cloud, queue, message_id, {"Open", "Click"})
    assert events["Open"]["open"]["userAgent"].endswith(SIMULATED)
    assert events["Click"]["click"]["link"] == link


def test_nobody_reacts_to_what_was_never_sent(cloud, queue):
    # GIVEN no such mail
    # WHEN an open of it is simulated
    # THEN that is an error
    with pytest.raises(CloudError, match="no mail absent"):
        simulate(cloud.endpoint, [Reaction("absent", "open")])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"FromEmailAddress": "someone@elsewhere.example"}, "MessageRejected"),
        ({"ConfigurationSetName": "absent"}, "NotFoundException"),
        ({"EmailTags": [{"Name": "letter", "Value": "a b"}]}, "BadRequestException"),
    ],
)
def test_what_ses_refuses_is_refused(cloud, queue, change, code):
    # GIVEN a sender whose domain is not the account's, an unknown configuration set, a tag with a space
    # WHEN it is sent
    with pytest.raises(ClientError) as refused:
        send(cloud, **change)
    # THEN it is refused with SES's code
    assert refused.value.response["Error"]["Code"] == code


def test_an_identity_has_records_to_publish(cloud, queue):
    # GIVEN a domain
    # WHEN the stack says what its owner has to publish
    # THEN it is a name below the domain
    assert cloud.output("Dkim").endswith("._domainkey.mail.example")


def test_the_account_has_a_quota(cloud, queue):
    # GIVEN the account
    # WHEN it is asked what it may send
    quota = cloud.client("sesv2").get_account()["SendQuota"]
    # THEN there is a rate
    assert quota["MaxSendRate"] > 0 and quota["Max24HourSend"] > 0
