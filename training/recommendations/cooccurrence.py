"""The products worth ranking for each customer, found where the purchases are: for shops beyond one machine.

One Ibis expression on the purchases' own engine, DuckDB or Spark; no row of purchases or candidates comes here. The
rules are those of `candidates` with cosine: item-kNN, cosine of products' customers (Sarwar et al. 2001), each
product's `NEIGHBOURS` nearest. Two things differ:

- Products meet in each customer's `LONGEST` strongest. Pairs grow with the square of a history: without a bound one
  bulk buyer, or a card that a till lends to everybody, makes more of them than all others. Every customer is scored
  by all they bought.
- A new product of affinity 0 is a candidate where it is popular only, never to fill up.

Ranks are by float32, then popularity or id: what ties on one engine does on another, which sums in another order.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis import _

from lake.keeping import Hold
from training.recommendations.candidates import COLUMNS, Limits
from training.recommendations.retrieval import NEIGHBOURS

LONGEST = 500
"""Products of one customer that meet each other."""


def candidates(
    bought: ibis.Table, limits: Limits, hold: Hold, only: ibis.Table | None = None, longest: int = LONGEST
) -> ibis.Table:
    """(customer_id, product_id, affinity, new) from `buy_again.purchases`, as `candidates.candidates` has them.

    `only` (customer_id) names the customers whose candidates are wanted (all by default); the others are learned from
    all the same. `limits.method` and `limits.weight` are the other ways'.
    """
    counted = hold(_counted(bought, limits))
    products, customers = hold(_products(counted)), hold(_customers(counted))
    pairs = hold(_pairs(counted, products, customers))
    alike = neighbours(pairs.filter(_.place < longest), hold)
    wanted = customers if only is None else customers.semi_join(only, "customer_id")
    asked = pairs.semi_join(wanted, "customer")
    # What speaks for a pair, row by row: one sum has its affinity, how much was bought of it and whether it is popular.
    spoken = ibis.union(_affine(asked, alike), _own(asked), _popular(asked, products, limits.popular))
    every = spoken.group_by("customer", "product").aggregate(
        affinity=_.affinity.sum(), decayed=_.decayed.max(), popular=_.popular.max()
    )
    placed = every.join(products, "product").mutate(new=(_.decayed == 0).cast("int8"))
    placed = placed.mutate(worth=ibis.ifelse(_.new == 1, _.affinity * _.trend, _.decayed))
    placed = placed.mutate(place=_place(("customer", "new"), placed.worth, "product"))
    fresh = ((_.place < limits.new) & (_.affinity > 0)) | (_.popular == 1)
    chosen = placed.filter(ibis.ifelse(_.new == 1, fresh, _.place < limits.own))
    return chosen.join(customers, "customer").select(*COLUMNS)


def neighbours(pairs: ibis.Table, hold: Hold, most: int = NEIGHBOURS) -> ibis.Table:
    """(product, other, cosine): each product's `most` nearest, without itself.

    `pairs` (customer, product, decayed) has one row per customer and product; both are numbers.
    """
    lengths = pairs.group_by("product").aggregate(length=_.decayed.sum().sqrt())
    joined = pairs.join(lengths, "product")
    unit = hold(joined.select("customer", "product", unit=joined.decayed.sqrt() / joined.length))
    right = unit.select("customer", other="product", factor="unit")
    # Each two products once, and then both ways: half the work of the largest step.
    met = unit.join(right, ["customer", unit.product < right.other])
    met = hold(met.group_by("product", "other").aggregate(cosine=(_.unit * _.factor).sum()))
    both = ibis.union(met, met.select(product="other", other="product", cosine="cosine"))
    return both.mutate(place=_place(("product",), both.cosine, "other")).filter(_.place < most).drop("place")


def _counted(bought: ibis.Table, limits: Limits) -> ibis.Table:
    """(customer_id, product_id, decayed, late): `late` is 1 where the customer bought the product of recent days."""
    return bought.group_by("customer_id", "product_id").aggregate(
        decayed=(-_.age / limits.forget).exp().sum(), late=(_.age < limits.recent).cast("int64").max()
    )


def _products(counted: ibis.Table) -> ibis.Table:
    """(product_id, product, trend): `product` numbers them, 0 has the most customers of recent days, then of all."""
    totals = counted.group_by("product_id").aggregate(buyers=_.count(), lately=_.late.sum())
    trend = ((totals.lately + 0.5) / (totals.buyers + 5.0)).sqrt()
    number = _number(ibis.desc("lately"), ibis.desc("buyers"), "product_id")
    return totals.select("product_id", product=number, trend=trend)


def _customers(counted: ibis.Table) -> ibis.Table:
    """(customer_id, customer): joins by numbers take a third of the time of joins by ids."""
    return counted.select("customer_id").distinct().select("customer_id", customer=_number("customer_id"))


def _pairs(counted: ibis.Table, products: ibis.Table, customers: ibis.Table) -> ibis.Table:
    """(customer, product, decayed, place): `place` 0 is what the customer bought most and latest."""
    joined = counted.join(products, "product_id").join(customers, "customer_id")
    numbered = joined.select("customer", "product", "decayed")
    return numbered.mutate(place=_place(("customer",), numbered.decayed, "product"))


def _affine(asked: ibis.Table, alike: ibis.Table) -> ibis.Table:
    """What each neighbour of each of a customer's products says."""
    near = asked.join(alike, "product")
    return _speaking(near, near.other, affinity=near.decayed.sqrt() * near.cosine)


def _own(asked: ibis.Table) -> ibis.Table:
    return _speaking(asked, asked.product, decayed=asked.decayed)


def _popular(asked: ibis.Table, products: ibis.Table, count: int) -> ibis.Table:
    """The most popular products, down to each customer's `count`-th that is not their own; own ones among them."""
    rank = ibis.row_number().over(ibis.window(group_by="customer", order_by="product"))
    # Of others' products, so many stand above an own one; where fewer than `count` do, it is passed on the way down.
    others = asked.mutate(above=_.product - rank).group_by("customer")
    reach = others.aggregate(down=count + _.count(where=_.above < count))
    wanted = reach.select("customer", rank=ibis.range(0, reach.down).unnest())
    found = wanted.join(products, wanted.rank == products.product)
    return _speaking(found, found.product, popular=ibis.literal(1, "int8"))


def _speaking(found: ibis.Table, product: ibis.Value, **said: ibis.Value) -> ibis.Table:
    nothing = {"affinity": ibis.literal(0.0), "decayed": ibis.literal(0.0), "popular": ibis.literal(0, "int8")}
    return found.select("customer", product=product, **(nothing | said))


def _number(*order: str | ibis.Value) -> ibis.Value:
    return ibis.row_number().over(ibis.window(order_by=order)).cast("int32")


def _place(group: Sequence[str], worth: ibis.Value, tie: str) -> ibis.Value:
    """0 for the largest of each group."""
    order = [ibis.desc(worth.cast("float32")), tie]
    return ibis.row_number().over(ibis.window(group_by=group, order_by=order))
