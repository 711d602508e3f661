"""SES's types: LocalEmu fails on an identity and does not know configuration sets."""

import re
from hashlib import sha256
from typing import Any

from shopkeeper_emulator.resources.kind import ApiBacked, Properties

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DKIM_TOKENS = 3


def _dkim(properties: Properties) -> dict[str, str]:
    """The records that a domain's owner would have to publish; here no mail server looks for them."""
    domain = properties["EmailIdentity"]
    found = {}
    for number in range(1, _DKIM_TOKENS + 1):
        token = sha256(f"{domain} {number}".encode()).hexdigest()[:32]
        found[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{domain}"
        found[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"
    return found


def _destination(properties: Properties) -> dict[str, Any]:
    """CloudFormation's words for a destination in the API's: `renderingFailure` is `RENDERING_FAILURE`."""
    given = properties["EventDestination"]
    kinds = [_HUMP.sub("_", kind).upper() for kind in given["MatchingEventTypes"]]
    destination = {"Enabled": given.get("Enabled", False), "MatchingEventTypes": kinds}
    if topic := given.get("SnsDestination"):
        destination["SnsDestination"] = {"TopicArn": topic["TopicARN"]}
    return {
        "ConfigurationSetName": properties["ConfigurationSetName"],
        "EventDestinationName": given["Name"],
        "EventDestination": destination,
    }


API_BACKED: dict[str, ApiBacked] = {
    "AWS::SES::EmailIdentity": ApiBacked(
        "sesv2",
        "CreateEmailIdentity",
        "DeleteEmailIdentity",
        reference=lambda p: p["EmailIdentity"],
        key=lambda p: {"EmailIdentity": p["EmailIdentity"]},
        attributes=_dkim,
    ),
    "AWS::SES::ConfigurationSet": ApiBacked(
        "sesv2",
        "CreateConfigurationSet",
        "DeleteConfigurationSet",
        reference=lambda p: p["Name"],
        key=lambda p: {"ConfigurationSetName": p["Name"]},
        name="Name",
        renamed={"Name": "ConfigurationSetName"},
    ),
    "AWS::SES::ConfigurationSetEventDestination": ApiBacked(
        "sesv2",
        "CreateConfigurationSetEventDestination",
        "DeleteConfigurationSetEventDestination",
        reference=lambda p: f"{p['ConfigurationSetName']}|{p['EventDestination']['Name']}",
        key=lambda p: {
            "ConfigurationSetName": p["ConfigurationSetName"],
            "EventDestinationName": p["EventDestination"]["Name"],
        },
        update="UpdateConfigurationSetEventDestination",
        request=_destination,
    ),
}
