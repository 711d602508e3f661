"""How letters leave: the sender's domain, and the configuration set through which every letter is sent."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import access, naming
from infra.access import Grant

# Everything that can become of a letter.
_EVENTS = ("send", "delivery", "open", "click", "bounce", "complaint", "reject", "renderingFailure", "deliveryDelay")


class Mail(Construct):
    """The domain of `address` as an SES identity, and a configuration set called `name` that tells `topic` of letters.

    Letters go over TLS or not at all. An address that bounced or complained is left out by SES too, whatever the ledger
    says.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, address: str, topic: sns.Topic) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        self.configuration_set = name
        self.identity = ses.CfnEmailIdentity(
            self,
            "Identity",
            email_identity=address.rpartition("@")[2],
            dkim_signing_attributes=ses.CfnEmailIdentity.DkimSigningAttributesProperty(
                next_signing_key_length="RSA_2048_BIT"
            ),
        )
        set_ = ses.CfnConfigurationSet(
            self,
            "ConfigurationSet",
            name=name,
            delivery_options=ses.CfnConfigurationSet.DeliveryOptionsProperty(tls_policy="REQUIRE"),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(reputation_metrics_enabled=True),
            sending_options=ses.CfnConfigurationSet.SendingOptionsProperty(sending_enabled=True),
            suppression_options=ses.CfnConfigurationSet.SuppressionOptionsProperty(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
        )
        set_arn = naming.arn(stack, "ses", f"configuration-set/{name}")
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LettersEventsArePublished",
                principals=[iam.ServicePrincipal("ses.amazonaws.com")],  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account, "aws:SourceArn": set_arn}},
            )
        )
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "Events",
            configuration_set_name=set_.ref,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                name="events",
                enabled=True,
                matching_event_types=list(_EVENTS),
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=topic.topic_arn
                ),
            ),
        )
        # SES publishes a first word to the topic when the destination is made.
        destination.node.add_dependency(topic)
        # AWS names the address in its refusals where the address itself was verified, the domain where only that was.
        identities = [naming.arn(stack, "ses", f"identity/{each}") for each in (address.rpartition("@")[2], address)]
        self._sending = (*identities, set_arn)

    @property
    def send(self) -> Grant:
        """Send raw messages as the shop, through the configuration set; a raw one asks for both actions."""
        return access.allow(["ses:SendEmail", "ses:SendRawEmail"], *self._sending)

    @property
    def dkim_records(self) -> list[str]:
        """CNAME records that the domain's owner has to publish, `name → value`."""
        identity = self.identity
        return [
            f"{name} -> {value}"
            for name, value in (
                (identity.attr_dkim_dns_token_name1, identity.attr_dkim_dns_token_value1),
                (identity.attr_dkim_dns_token_name2, identity.attr_dkim_dns_token_value2),
                (identity.attr_dkim_dns_token_name3, identity.attr_dkim_dns_token_value3),
            )
        ]
