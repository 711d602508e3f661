"""How letters leave, what comes back, and who may do what with them."""

from __future__ import annotations

import json

import pytest

from infra.functions import INTERACTIONS
from infra.stacks import letter_metrics


def role_of(assembly, function):
    """Statements of the role of a function, by its name."""
    (found,) = [
        f
        for f in assembly.of("AWS::Lambda::Function").values()
        if f.get("FunctionName") == f"shopkeeper-{assembly.env}-{function}"
    ]
    role = found["Role"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in assembly.of("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def resources_of(statements, action):
    found = []
    for statement in statements:
        if action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]):
            listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            found += [json.dumps(resource) for resource in listed]
    return found


def test_letters_go_over_tls_from_the_senders_domain(dev):
    # GIVEN the configuration set and the identity
    (set_,) = dev.of("AWS::SES::ConfigurationSet").values()
    (identity,) = dev.of("AWS::SES::EmailIdentity").values()
    # WHEN they are read
    # THEN mail is encrypted or not sent, what SES knows of an address counts, and the domain is the sender's
    assert set_["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert set_["ReputationOptions"]["ReputationMetricsEnabled"] is True
    assert set_["SuppressionOptions"]["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]
    assert identity["EmailIdentity"] == "shop.example"


def test_everything_that_becomes_of_a_letter_is_published(dev):
    # GIVEN the event destination and the topic's policy
    (destination,) = dev.of("AWS::SES::ConfigurationSetEventDestination").values()
    policies = [json.dumps(p) for p in dev.of("AWS::SNS::TopicPolicy").values()]
    # WHEN they are read
    kinds = set(destination["EventDestination"]["MatchingEventTypes"])
    # THEN no type of event is left out but a template's of SES and a contact list's, and only our set may publish
    assert kinds == {
        "send",
        "delivery",
        "open",
        "click",
        "bounce",
        "complaint",
        "reject",
        "renderingFailure",
        "deliveryDelay",
    }
    (publishing,) = [p for p in policies if "ses.amazonaws.com" in p]
    assert "configuration-set/shopkeeper-dev-letters" in publishing and "aws:SourceAccount" in publishing


def test_what_becomes_of_letters_is_taken_in_batches_and_never_lost(dev):
    # GIVEN the queue, its mapping and its subscription
    queues = {q["QueueName"]: q for q in dev.of("AWS::SQS::Queue").values()}
    (mapping,) = dev.of("AWS::Lambda::EventSourceMapping").values()
    (subscription,) = [s for s in dev.of("AWS::SNS::Subscription").values() if s["Protocol"] == "sqs"]
    # WHEN they are read
    queue = queues["shopkeeper-dev-letter-events"]
    # THEN a batch fails in part, what fails for good is kept, and a message is hidden long enough to be worked on
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] > 1
    assert queue["VisibilityTimeout"] >= 6 * INTERACTIONS.timeout_seconds
    assert queue["SqsManagedSseEnabled"] is True
    assert "deadLetterTargetArn" in subscription["RedrivePolicy"] and subscription["RawMessageDelivery"] is True


def test_only_letters_functions_send_mail_and_only_as_the_shop(dev):
    # GIVEN every policy
    sending = {
        id_: statement
        for id_, policy in dev.of("AWS::IAM::Policy").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if "ses:SendRawEmail" in statement["Action"]
    }
    # WHEN those that may send are read
    # THEN they are the sender of campaigns and that of test letters, for identity and configuration set alone
    assert len(sending) == 2 and all("Deliver" in id_ or "Templates" in id_ for id_ in sending)
    for statement in sending.values():
        kinds = {json.dumps(resource).split("/")[0].rsplit(":", 1)[-1] for resource in statement["Resource"]}
        assert kinds == {"identity", "configuration-set"}
        assert "*" not in json.dumps(statement["Resource"])


def test_members_are_read_by_their_sender_and_written_by_jobs_alone(dev):
    # GIVEN the sender's role
    statements = role_of(dev, "deliver")
    # WHEN the objects it reaches are listed
    # THEN it reads parts and plans, and writes none
    assert all(
        "/letters/*/parts/*" in r or "/campaigns/*/plan/*" in r for r in resources_of(statements, "s3:GetObject")
    )
    assert resources_of(statements, "s3:PutObject") == []


@pytest.mark.parametrize("function", ["deliver", "templates"])
def test_letters_ask_the_one_family_that_recommends_and_read_what_it_needs(grown, function):
    # GIVEN a shop with several endpoints, and a function that fills letters
    statements = role_of(grown, function)
    # WHEN the endpoints and tables that it reaches are listed
    asked = resources_of(statements, "sagemaker:InvokeEndpoint")
    read = "".join(resources_of(statements, "dynamodb:BatchGetItem"))
    # THEN of the endpoints it is that of recommendations alone, and it reads what the model is given
    assert len(grown.of("AWS::SageMaker::Endpoint")) > 1
    assert len(asked) == 1 and "RecommendationsEndpoint" in asked[0]
    assert all(table in read for table in ("Scores", "Releases", "Counters"))


def test_only_privacy_deletes_objects(dev):
    # GIVEN every policy
    deleting = {
        id_
        for id_, policy in dev.of("AWS::IAM::Policy").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if "s3:DeleteObject" in statement["Action"]
    }
    # WHEN those that may delete are listed
    # THEN they are the erasure's job and the retention's function
    assert {id_.split("/")[0] for id_ in deleting} == {"Privacy"} and len(deleting) == 2


def test_the_api_may_schedule_campaigns_and_nothing_else(dev):
    # GIVEN the function of the campaign routes
    statements = role_of(dev, "campaigns")
    # WHEN its rights over schedules and executions are read
    # THEN they keep to the campaigns' group and workflow
    assert all("schedule/shopkeeper-dev-campaigns/*" in r for r in resources_of(statements, "scheduler:CreateSchedule"))
    (started,) = resources_of(statements, "states:StartExecution")
    assert "stateMachine:shopkeeper-dev-campaign" in started
    (stopped,) = resources_of(statements, "states:StopExecution")
    assert "execution:shopkeeper-dev-campaign:*" in stopped


def test_members_files_expire(dev, prod):
    # GIVEN the lake's lifecycle in two environments
    def days(assembly):
        rules = [
            rule
            for bucket in assembly.of("AWS::S3::Bucket").values()
            for rule in bucket["LifecycleConfiguration"]["Rules"]
        ]
        return {r["Prefix"]: r["ExpirationInDays"] for r in rules if "Prefix" in r and "ExpirationInDays" in r}

    # WHEN it is read
    # THEN addresses of members, and exports of customers, go by themselves
    assert days(dev)["letters/"] == 30 == days(prod)["letters/"]
    assert days(dev)["exports/"] == 1


def test_the_shops_standing_as_a_sender_is_watched_as_aws_watches_it(dev):
    # GIVEN the alarms
    alarms = {a["AlarmName"].removeprefix("shopkeeper-dev-"): a for a in dev.of("AWS::CloudWatch::Alarm").values()}
    # WHEN those of letters are read
    bounce, complaint = alarms["bounce-rate"], alarms["complaint-rate"]
    # THEN they are raised where AWS begins to review an account, and every other way to fail has one
    assert (bounce["MetricName"], bounce["Threshold"]) == ("Reputation.BounceRate", 0.05)
    assert (complaint["MetricName"], complaint["Threshold"]) == ("Reputation.ComplaintRate", 0.001)
    assert alarms["unsent-part"]["Threshold"] == letter_metrics.WAITING_SECONDS
    assert {"failed-parts", "letters-in-doubt", "letter-events-age", "letter-events-dead", "campaign-failed"} <= {
        *alarms
    }


def test_what_runs_by_the_clock_keeps_what_it_failed_on(dev):
    # GIVEN functions that nobody waits for
    functions = {f.get("FunctionName"): f for f in dev.of("AWS::Lambda::Function").values()}
    # WHEN they are read
    # THEN what they fail on is kept, beside what their schedule could not start
    for name in ("campaign-watch", "retention"):
        assert "TargetArn" in functions[f"shopkeeper-dev-{name}"]["DeadLetterConfig"]


def test_the_dashboard_shows_letters(dev):
    # GIVEN the dashboard
    (board,) = dev.of("AWS::CloudWatch::Dashboard").values()
    # WHEN its text is read
    text = json.dumps(board["DashboardBody"])
    # THEN letters are on it
    assert "Letters: sent, delivered, opened, clicked" in text and "OldestUnsentPartSeconds" in text


def test_what_letters_showed_goes_to_the_stream_of_events_alone(dev):
    # GIVEN the role of the function that sends letters
    statements = role_of(dev, "deliver")
    # WHEN its grants on streams are read
    actions = {a for s in statements for a in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}
    # THEN it may put records to the stream of events, and nothing else
    assert {action for action in actions if action.startswith("firehose:")} == {"firehose:PutRecordBatch"}
    (stream,) = resources_of(statements, "firehose:PutRecordBatch")
    assert "EventsStream" in stream
