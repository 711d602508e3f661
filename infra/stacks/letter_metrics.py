"""What is watched about letters: the shop's standing as a sender, what waits, what failed, what nobody can tell."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.constructs.alarm import MINUTES_5, Alarms
from infra.stacks.letters import LettersStack

# From these rates on AWS reviews an account, and may stop it from sending at twice and five times as much:
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-bounce-rate.html
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-complaint-rate.html
BOUNCE_RATE = 0.05
COMPLAINT_RATE = 0.001
_HOUR = cdk.Duration.hours(1)

WAITING_SECONDS = 4 * 3600
"""A part that nothing holds back (no quiet hours, no pause) and that still waits is stuck: 100,000 letters take two
hours at the 14 a second of an account that just left SES's sandbox."""


def add_alarms(alarms: Alarms, letters: LettersStack) -> None:
    """Alarms of letters; queues, functions and workflows have theirs already."""
    alarms.add(
        "bounce-rate",
        _reputation("BounceRate"),
        "Letters bounce so often that AWS reviews the account: look at where the addresses come from",
        threshold=BOUNCE_RATE,
    )
    alarms.add(
        "complaint-rate",
        _reputation("ComplaintRate"),
        "Letters are reported as spam so often that AWS reviews the account: look at whom they go to",
        threshold=COMPLAINT_RATE,
    )
    alarms.add("failed-parts", _own("settle", "FailedParts"), "Parts of a campaign could not be sent")
    alarms.add(
        "letters-in-doubt",
        _own("settle", "LettersInDoubt", "Maximum", cdk.Duration.minutes(15)),
        "Nobody knows whether these letters were sent, and the mail service has not said so in time",
        # While a campaign is sent some are in doubt for minutes; these have been in two rounds of sending.
        periods=4,
        points=2,
    )
    alarms.add(
        "unsent-part",
        _own("campaign_watch", "OldestUnsentPartSeconds", "Maximum"),
        "The oldest part that could be sent waits too long",
        threshold=WAITING_SECONDS,
    )
    alarms.add(
        "letter-events-age",
        letters.events.queue.metric_approximate_age_of_oldest_message(period=MINUTES_5, statistic="Maximum"),
        "What became of letters is not taken in: unsubscribed and bounced addresses may be written to",
        threshold=1800,
        periods=2,
    )


def graphs(letters: LettersStack) -> dict[str, list[cloudwatch.IMetric]]:
    """Graphs for the dashboard by title."""
    queue = letters.events.queue
    return {
        "Letters: sent, delivered, opened, clicked": [_mail(name) for name in ("Send", "Delivery", "Open", "Click")],
        "Letters: bounced, reported, refused": [_mail(name) for name in ("Bounce", "Complaint", "Reject")],
        "Standing as a sender (bounce and complaint rate)": [
            _reputation(name) for name in ("BounceRate", "ComplaintRate")
        ],
        "Parts failed, letters in doubt, oldest unsent part (s)": [
            _own("settle", "FailedParts"),
            _own("settle", "LettersInDoubt", "Maximum"),
            _own("campaign_watch", "OldestUnsentPartSeconds", "Maximum"),
        ],
        "Events of letters that wait": [
            queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            queue.metric_approximate_age_of_oldest_message(statistic="Maximum"),
        ],
    }


def _reputation(name: str) -> cloudwatch.Metric:
    """Of the whole account, which is what AWS judges."""
    return cloudwatch.Metric(namespace="AWS/SES", metric_name=f"Reputation.{name}", statistic="Maximum", period=_HOUR)


def _mail(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(namespace="AWS/SES", metric_name=name, statistic="Sum", period=MINUTES_5)


def _own(service: str, name: str, statistic: str = "Sum", period: cdk.Duration = MINUTES_5) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Shopkeeper",
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
    )
