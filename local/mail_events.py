"""Opens, clicks, bounces and complaints that nobody caused: simulated, and labelled as such.

Mail of the local cloud reaches nobody, so nothing comes back by itself. Here a test or a demo says what its own model
of customers says. The events take the way of real ones: the mail's configuration set, its topic, and what listens
there. Whatever opens or clicks without a `user_agent` of its own gets one that ends in `SIMULATED`.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import batched
from typing import Literal

from local.errors import CloudError

SIMULATED = "Shopkeeper-Simulated/1.0"
_AT_ONCE = 500


@dataclass(frozen=True)
class Reaction:
    """Something that a recipient would do with a mail.

    Attributes:
        message_id: SES's id of the mail.
        at: when; now where it is left out.
        link: what was clicked.
        user_agent: of the program that opened or clicked, such as a proxy that opens mail in advance.
    """

    message_id: str
    type: Literal["open", "click", "bounce", "complaint"]
    at: datetime | None = None
    link: str | None = None
    user_agent: str | None = None
    ip: str | None = None


def simulate(endpoint: str, reactions: Iterable[Reaction]) -> int:
    """Publish the reactions; returns to how many topics they went altogether (none where nobody listens for them).

    Raises:
        CloudError: a mail was never sent, or a click has no link.
    """
    return sum(sum(_post(endpoint, some)) for some in batched(reactions, _AT_ONCE))


def _post(endpoint: str, reactions: Iterable[Reaction]) -> list[int]:
    asked = [asdict(each) | {"at": each.at.isoformat() if each.at else None} for each in reactions]
    request = urllib.request.Request(  # noqa: S310 - the emulator's own page
        f"{endpoint}/_aws/ses/events", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)["published"]
    except urllib.error.HTTPError as error:
        raise CloudError(f"the events were not published: {error.read().decode(errors='replace')}") from error
