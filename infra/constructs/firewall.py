"""AWS WAF before the API: managed rule groups and a limit per address."""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

# Bodies of the tracking routes are a shop's own words and URLs, up to 500 KB, and those of templates are markup; they
# are stored, never run: rules that read bodies for attacks on a web page or a shell count there instead of blocking.
_COUNT_ONLY = (
    "SizeRestrictions_BODY",
    "CrossSiteScripting_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "EC2MetaDataSSRF_BODY",
    # Mail programs that unsubscribe a customer in one click (RFC 8058) need not say who they are.
    "NoUserAgent_HEADER",
)


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, sampled_requests_enabled=False, metric_name=name
    )


def _managed(group: str, priority: int, count_only: tuple[str, ...] = ()) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=f"AWSManagedRules{group}",
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(
                        name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
                    )
                    for rule in count_only
                ],
            )
        ),
        visibility_config=_visible(group),
    )


class Firewall(Construct):
    """A web ACL called `name` on the API stage `stage_arn`: an address may send `per_ip` requests in 5 minutes.

    Samples of requests are off: they would hold personal data.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, stage_arn: str, per_ip: int) -> None:
        super().__init__(scope, id_)
        limit = waf.CfnWebACL.RuleProperty(
            name="PerAddress",
            priority=0,
            action=waf.CfnWebACL.RuleActionProperty(block={}),
            statement=waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    aggregate_key_type="IP", limit=per_ip, evaluation_window_sec=300
                )
            ),
            visibility_config=_visible("PerAddress"),
        )
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            name=name,
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[
                limit,
                _managed("AmazonIpReputationList", 1),
                _managed("CommonRuleSet", 2, _COUNT_ONLY),
                _managed("KnownBadInputsRuleSet", 3),
            ],
            visibility_config=_visible(name),
        )
        self.association = waf.CfnWebACLAssociation(
            self, "Association", resource_arn=stage_arn, web_acl_arn=self.acl.attr_arn
        )
