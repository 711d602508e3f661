"""A campaign ready to be sent in the test account, and a mail service that does as it is told."""

import email
import email.policy
import itertools
import json
import threading
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from botocore.exceptions import ClientError, ReadTimeoutError

from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm, CampaignDefinition
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.places import PLAN, RunPlaces
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.template import TemplateVersion
from functions.common import aws, campaigns, templates
from functions.deliver.handler import handler as deliver_handler
from functions.interactions.handler import handler as interactions_handler
from functions.settle.handler import handler as settle_handler
from tests.functions.support import LAKE

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HTML = (
    "<html><body><p>Hello {{ customer.first_name | default: 'you' }}, {{ offer.code | default: 'no code' }}</p>"
    '<a href="{{ links.unsubscribe }}">Unsubscribe</a><p>{{ shop.postal_address }}</p></body></html>'
)

OFFER = {"ten": OfferDefinition(title="10 % off", kind="percent", value=10, cost="2.50")}
WITH_OFFER = [Arm(name="letter", template_id="hello", template_version=1, offer_id="ten")]


class Killed(BaseException):
    """The end of a process: nothing after it is carried out."""


class Ses:
    """A mail service. `script` says of a call, by its number from 1, what happens: see the methods below."""

    def __init__(self):
        self.mails, self.script, self.calls = [], {}, 0
        self.lock = threading.Lock()
        self.rate = 10_000.0
        self.before_sending = lambda to: None

    def send_email(self, *, Content, ConfigurationSetName, EmailTags):
        with self.lock:
            self.calls += 1
            number = self.calls
        happens = self.script.get(number) or self.script.get("always")
        message = email.message_from_bytes(Content["Raw"]["Data"], policy=email.policy.default)
        self.before_sending(message["To"])
        if isinstance(happens, Lost):
            self.take(message, EmailTags)
            raise happens.error
        if happens is not None:
            raise happens
        return {"MessageId": self.take(message, EmailTags)}

    def take(self, message, tags):
        with self.lock:
            id_ = f"mail-{len(self.mails) + 1}"
            named = {tag["Name"]: tag["Value"] for tag in tags}
            at = datetime.now(UTC)
            self.mails.append(SimpleNamespace(id=id_, to=str(message["To"]), message=message, tags=named, at=at))
        return id_

    def get_account(self):
        return {"SendQuota": {"MaxSendRate": self.rate}}

    @property
    def receivers(self):
        return sorted(mail.to for mail in self.mails if not mail.to.endswith("simulator.amazonses.com"))


class Lost:
    """The mail is taken, but whoever sent it hears `error` instead."""

    def __init__(self, error):
        self.error = error


def refusal(code, message="", status=400):
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail"
    )


def time_out():
    return ReadTimeoutError(endpoint_url="https://email.example")


def members(number, arm="letter", start=0, **changes):
    return [
        Member(
            **{
                "customer_id": f"c-{i}",
                "arm": arm,
                "email": f"c{i}@example.com",
                "traits": {"first_name": f"Robin{i}"},
                **changes,
            }
        )
        for i in range(start, start + number)
    ]


_numbers = itertools.count(1)


class Sent:
    """A campaign in the state of being sent: its part can be delivered, settled, and its mail's events taken in."""

    def __init__(
        self, account, ses, context, people, *, id_="spring", status="sending", offers=None, html=HTML, **definition
    ):
        self.account, self.ses, self.context, self.id, self.people = account, ses, context, id_, people
        arms = definition.pop("arms", None) or [Arm(name="letter", template_id="hello", template_version=1)]
        plan = CampaignPlan(
            campaign_id=id_,
            run="r0001",
            run_number=1,
            definition=CampaignDefinition(name="Spring", audience="true", arms=arms, **definition),
            as_of=date(2026, 11, 24),
            window_starts=NOW,
            window_ends=NOW + timedelta(days=14),
            looks=[NOW + timedelta(days=14)],
            lake=f"s3://{LAKE}/lake",
            raw=f"s3://{LAKE}/raw/events",
            places=f"s3://{LAKE}/campaigns/{id_}/r0001",
            letters=f"s3://{LAKE}/letters/{id_}/r0001",
            offers=offers or {},
            seed=1,
        )
        places = RunPlaces(id_, "r0001")
        self.part = {"number": 1, "key": f"{places.letters}/part-00001.jsonl", "rows": len(people)}
        lines = "".join(person.model_dump_json() + "\n" for person in people)
        account.s3.put_object(Bucket=LAKE, Key=self.part["key"], Body=lines.encode())
        account.s3.put_object(Bucket=LAKE, Key=places.key("plan", PLAN), Body=plan.model_dump_json().encode())
        dynamodb, now = account.dynamodb, datetime.now(UTC)
        if templates.read(dynamodb, "test-campaigns", "hello") is None:
            templates.save(dynamodb, "test-campaigns", "hello", lambda number: _template(number, html))
        campaign = Campaign(
            id=id_, author="t", definition=plan.definition, status=status, run=1, created_at=now, changed_at=now
        )
        campaigns.create(dynamodb, "test-campaigns", campaign)
        campaigns.put_part(dynamodb, "test-campaigns", id_, "r0001", campaigns.PartProgress(number=1, rows=len(people)))

    def deliver(self):
        return deliver_handler({"campaign_id": self.id, "run": "r0001", "part": self.part}, self.context)["state"]

    def deliver_killed(self):
        """A pass that ends in the middle."""
        try:
            self.deliver()
        except Killed:
            return
        raise AssertionError("nobody killed it")

    def settle(self):
        return settle_handler({"campaign_id": self.id, "run": "r0001"}, self.context)

    def set_status(self, status):
        campaigns.change(
            self.account.dynamodb, "test-campaigns", self.id, lambda c: c.model_copy(update={"status": status})
        )

    @property
    def campaign(self):
        return campaigns.read(self.account.dynamodb, "test-campaigns", self.id)

    @property
    def progress(self):
        [part] = campaigns.parts(self.account.dynamodb, "test-campaigns", self.id, "r0001")
        return part

    def letters(self):
        """Ledger rows of this campaign by customer."""
        rows = [i for i in self.account.items("letters") if i["sk"]["S"] == f"letter#{self.id}"]
        return {row["customer_id"]["S"]: row for row in rows}

    def tell(self, *kinds, mails=None):
        """Publish events of mails (all that were sent, unless said) and take them in."""
        chosen = self.ses.mails if mails is None else mails
        return take_in([ses_event(mail, kind) for mail in chosen for kind in kinds or ("Send",)], self.context)


def _template(number, html):
    return TemplateVersion(
        id="hello",
        version=number,
        name="Hello",
        subject="Hello {{ customer.first_name | default: 'you' }}",
        mjml="<mjml></mjml>",
        html=html,
        author="t",
        comment="",
        created_at=NOW,
    )


def ses_event(mail, kind="Send", at=None, **particular):
    """An event as SES publishes it."""
    stamp = (at or mail.at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = {
        "Send": {},
        "Delivery": {"timestamp": stamp, "recipients": [mail.to], "smtpResponse": "250 ok"},
        "Open": {"timestamp": stamp, "ipAddress": "192.0.2.7", "userAgent": "Mozilla/5.0 (X11) Firefox/140.0"},
        "Click": {
            "timestamp": stamp,
            "ipAddress": "192.0.2.7",
            "userAgent": "Mozilla/5.0 (X11) Firefox/140.0",
            "link": "https://shop.example/a",
        },
        "Bounce": {
            "timestamp": stamp,
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": mail.to, "diagnosticCode": f"550 {mail.to} unknown"}],
        },
        "Complaint": {
            "timestamp": stamp,
            "complainedRecipients": [{"emailAddress": mail.to}],
            "complaintFeedbackType": "abuse",
        },
        "DeliveryDelay": {"timestamp": stamp, "delayType": "TransientCommunicationFailure"},
        "Reject": {"reason": "Bad content"},
    }
    return {
        "eventType": kind,
        "mail": {
            "timestamp": mail.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "messageId": mail.id,
            "destination": [mail.to],
            "source": "letters@shop.example",
            "tags": {name: [value] for name, value in mail.tags.items()} | {"ses:caller-identity": ["deliver"]},
        },
        kind[0].lower() + kind[1:]: parts[kind] | particular,
    }


def queue(events, *, raw=True):
    """A batch of the queue, as Lambda gets it."""
    bodies = [e if isinstance(e, str) else json.dumps(e) for e in events]
    if not raw:
        bodies = [json.dumps({"Type": "Notification", "TopicArn": "arn", "Message": body}) for body in bodies]
    return {"Records": [{"messageId": f"r-{next(_numbers)}", "body": body} for body in bodies]}


def take_in(events, context, *, raw=True):
    """The ids of what failed."""
    return interactions_handler(queue(events, raw=raw), context)["batchItemFailures"]


def only_ses(ses):
    """`client` of the mailer, with this service instead of AWS's."""
    return lambda service, **options: ses if service == "sesv2" else aws.client(service, **options)


def everyone_once(campaign, ses):
    """Whether every member of the campaign has one letter, and nobody else any."""
    return ses.receivers == sorted(person.email for person in campaign.people)
