"""The outbox over HTTP, and the door through which tests and demos say that somebody opened or clicked.

`GET /_aws/ses?after=&limit=&bodies=&id=` lists mail, oldest first; `POST /_aws/ses/events` publishes events of sent
mail that nobody caused, through the mail's own configuration set.
"""

from datetime import UTC, datetime
from typing import Any

from localemu.http import Resource, Response
from localemu.services.edge import ROUTER
from localemu.services.ses import provider as ses
from localemu.services.sesv2 import provider as sesv2

from shopkeeper_emulator.iam.needs import Scope
from shopkeeper_emulator.mail import destinations, events
from shopkeeper_emulator.mail.accepted import Accepted
from shopkeeper_emulator.mail.store import store

_PAGE = 1000
_KINDS = ("OPEN", "CLICK", "BOUNCE", "COMPLAINT")


class _Outbox:
    """Sent mail."""

    def on_get(self, request: Any) -> dict[str, Any]:
        kept, arguments = store(), request.args
        if wanted := arguments.get("id"):
            found = kept.get(wanted)
            return {"messages": [_shown(found)] if found else [], "next": None}
        after = int(arguments.get("after", 0))
        limit = min(int(arguments.get("limit", _PAGE)), _PAGE)
        page = [_shown(mail) for mail in kept.since(after, limit, bodies=arguments.get("bodies", "1") != "0")]
        more = after + len(page) < len(kept)
        return {"messages": page, "next": after + len(page) if more else None}


class _Events:
    """Events that are simulated: `[{"message_id", "type", "at"?, "link"?, "user_agent"?, "ip"?}, …]`."""

    def on_post(self, request: Any) -> Any:
        try:
            return {"published": [_simulate(asked) for asked in request.get_json(force=True)]}
        except (KeyError, TypeError, ValueError) as error:
            return Response(f"{type(error).__name__}: {error}", status=400)


def _simulate(asked: dict[str, Any]) -> int:
    """To how many topics the event went."""
    mail = store().get(asked["message_id"])
    kind = asked["type"].upper()
    if mail is None or kind not in _KINDS:
        raise ValueError(f"no mail {asked['message_id']}, or no events of type {kind}: only {', '.join(_KINDS)}")
    if kind == "CLICK":
        events.link_of(asked.get("link", ""))
    at = datetime.fromisoformat(asked["at"]) if asked.get("at") else datetime.now(UTC)
    particular = events.particulars(kind, mail.recipients[0], at, asked)
    return destinations.publish(
        mail.configuration_set, kind, events.document(mail, kind, particular, Scope(ACCOUNT, REGION))
    )


ACCOUNT, REGION = "000000000000", "us-east-1"
"""Of a local cloud, which has no other."""


def _shown(mail: Accepted) -> dict[str, Any]:
    return {
        "Id": mail.message_id,
        "Timestamp": events.stamp(mail.at),
        "Source": mail.source,
        "Destination": {"ToAddresses": list(mail.recipients)},
        "ConfigurationSet": mail.configuration_set,
        "Tags": dict(mail.tags),
        # Latin-1 has a character for every byte, so that the message comes back as it was.
        "RawData": mail.raw.decode("latin-1"),
    }


def install() -> None:
    """Serve these instead of LocalEmu's outbox."""
    for module in (ses, sesv2):
        module.register_ses_api_resource = _nothing
    ROUTER.add(Resource("/_aws/ses", _Outbox()))
    ROUTER.add(Resource("/_aws/ses/events", _Events()))


def _nothing() -> None:
    """LocalEmu registers its own outbox as its services load."""
