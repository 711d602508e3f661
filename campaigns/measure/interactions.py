"""What was done with a campaign's letters, by arm."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import numpy as np
from ibis import _

from campaigns.measure.outcomes import aligned
from campaigns.orders import Source
from commerce.campaigns.campaign import HOLDOUT
from commerce.campaigns.result import Interactions

_COUNTED = tuple(name for name in Interactions.model_fields if name != "machine_opened")


def interactions(source: Source, campaign_id: str, customer_id: np.ndarray, arm: np.ndarray) -> dict[str, Interactions]:
    """Customers by what they did with their letter, each counted once; arm → counts.

    A letter that only a machine opened, such as a mail provider's proxy, is `machine_opened` and not `opened`. Counted
    whenever it happened: in a replay letters are sent now while the window lies in the past.
    """
    own = source.table("messages").filter(_.campaign_id == campaign_id, _.customer_id.notnull())
    by_person = own.mutate(person=~_.machine.fill_null(False))
    counts = {
        name: ((_.interaction == name) & (_.person | (name != "opened"))).cast("int64").max() for name in _COUNTED
    }
    machine = ((_.interaction == "opened") & ~_.person).cast("int64").max()
    table = by_person.group_by("customer_id").aggregate(**counts, machine_opened=machine)
    did = aligned(table, customer_id, *_COUNTED, "machine_opened")
    opened = _COUNTED.index("opened")
    did[:, -1] *= did[:, opened] == 0
    return {
        name: Interactions(
            **dict(zip((*_COUNTED, "machine_opened"), did[arm == name].sum(axis=0).astype(int).tolist(), strict=True))
        )
        for name in sorted(set(arm.tolist()) - {HOLDOUT})
    }
