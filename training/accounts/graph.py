"""Accounts as a graph: connected by the cards, devices and addresses they share.

The graph has two kinds of nodes, accounts and things, and an edge for each use, so that its size grows with the uses
and not with the pairs of accounts. Groups are its connected components.
"""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import get_args

import ibis
import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from commerce.families.accounts.answer import Kind
from lake.compute import pc
from training.accounts.history import ACCOUNT

KINDS: tuple[str, ...] = get_args(Kind)
SCHEMA = pa.schema(
    [
        pa.field(ACCOUNT, pa.string()),
        pa.field("group_number", pa.int64()),
        *(pa.field(name, pa.float64()) for name in ("accounts", "neighbours", "kinds", "joining")),
        *(pa.field(f"{kind}_{what}", pa.float64()) for kind in KINDS for what in ("things", "accounts")),
    ]
)
"""An account of a group: the group's number; accounts in the group, those that share something with this one, kinds of
links, and kinds by each of which at least half of the accounts are linked, as they are where one hand uses them all and
not where neighbours form a chain; by kind how many things more than one account used, and how many accounts did."""


def shared(uses: ibis.Table, most_sharing: int) -> ibis.Table:
    """Those uses (`history.uses`) of things that between 2 and `most_sharing` accounts used: what more share weighs
    nothing."""
    sharing = uses.group_by("kind", "thing").aggregate(sharing=uses.count())
    linking = sharing.filter((sharing["sharing"] > 1) & (sharing["sharing"] <= most_sharing)).drop("sharing")
    return uses.semi_join(linking, ["kind", "thing"])


def groups(edges: pa.Table) -> pa.Table:
    """Accounts of `edges` (`customer_id`, `kind`, `thing`, each use once), with `SCHEMA`, in the order of their ids.

    Groups are numbered by their first account, so that the same edges in any order give the same table.
    """
    if not edges.num_rows:
        return SCHEMA.empty_table()
    names, account = _numbered(edges[ACCOUNT])
    kind = np.array([KINDS.index(name) for name in edges["kind"].to_pylist()])
    _, thing = _numbered(pc.binary_join_element_wise(edges["kind"], edges["thing"], "|"))
    group = _components(account, thing, len(names))
    columns = {
        ACCOUNT: names,
        "group_number": group,
        "accounts": np.bincount(group)[group],
        "neighbours": _neighbours(account, thing, len(names)),
        **_by_kind(account, thing, kind, group),
    }
    columns["kinds"] = sum(columns[f"{name}_things"] > 0 for name in KINDS)
    columns["joining"] = sum(2 * columns[f"{name}_accounts"] >= columns["accounts"] for name in KINDS)
    return pa.table({field.name: pa.array(columns[field.name]).cast(field.type) for field in SCHEMA})


def _numbered(values: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """(distinct values in order, number of each value)."""
    names = pc.unique(values).sort()
    return names, pc.index_in(values, names).to_numpy()


def _components(account: np.ndarray, thing: np.ndarray, accounts: int) -> np.ndarray:
    """(accounts,) number of the component."""
    nodes = accounts + int(thing.max()) + 1
    graph = csr_array((np.ones(len(account), bool), (account, accounts + thing)), shape=(nodes, nodes))
    _, found = connected_components(graph, directed=False)
    _, first, number = np.unique(found[:accounts], return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def _neighbours(account: np.ndarray, thing: np.ndarray, accounts: int) -> np.ndarray:
    """(accounts,) other accounts that used the same thing."""
    used = csr_array((np.ones(len(account), np.int32), (account, thing)), shape=(accounts, int(thing.max()) + 1))
    return np.diff((used @ used.T).indptr) - 1


def _by_kind(account: np.ndarray, thing: np.ndarray, kind: np.ndarray, group: np.ndarray) -> dict[str, np.ndarray]:
    """Things of each account's group by kind, and accounts that used one of them."""
    found = {}
    for number, name in enumerate(KINDS):
        of = kind == number
        things = np.unique(np.column_stack([group[account[of]], thing[of]]), axis=0)[:, 0]
        accounts = group[np.unique(account[of])]
        size = int(group.max()) + 1
        found[f"{name}_things"] = np.bincount(things, minlength=size)[group]
        found[f"{name}_accounts"] = np.bincount(accounts, minlength=size)[group]
    return found
