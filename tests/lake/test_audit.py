"""The audit finds each planted defect, and nothing in sound data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commerce.families import family
from commerce.family import Family
from commerce.readiness import Readiness, Requirement
from lake import Lake
from lake.audit import audit, html
from lake.schema import from_records

AS_OF = date(2024, 1, 1)
CHURN = family("churn")
Shop = dict[str, list[dict[str, Any]]]


def sound_shop() -> Shop:
    """Three quarters of a year of 250 customers who order every other day or so, without a fault."""
    rng = np.random.default_rng(7)
    shop: Shop = {"orders": [], "order_lines": [], "customers": [], "products": []}
    start = datetime(2023, 3, 1, tzinfo=UTC)
    shop["customers"] = [{"customer_id": f"c{n}", "updated_at": start} for n in range(250)]
    shop["products"] = [{"product_id": f"p{n}", "updated_at": start} for n in range(20)]
    for n in range(1500):
        at = start + timedelta(days=int(n * 305 / 1500), minutes=n)
        price = Decimal(int(rng.integers(1, 50)))
        head = {"order_id": f"o{n}", "customer_id": f"c{n % 250}", "ordered_at": at, "currency": "EUR"}
        shop["orders"].append(head | {"status": "completed", "total": price * 2})
        line = head | {"line_id": "1", "product_id": f"p{n % 20}", "kind": "sale", "quantity": 2.0}
        shop["order_lines"].append(line | {"unit_price": price, "discount": Decimal(0), "total": price * 2})
    return shop


def audited(folder: Path, shop: Shop, spec: Family = CHURN, as_of: date = AS_OF, **parameters: Any) -> Readiness:
    """The audit of a shop."""
    lake = Lake.open(folder)
    for name, records in shop.items():
        lake.write(name, from_records(name, records))
    return audit(lake, spec, as_of, spec.parameters(**parameters))


def told(readiness: Readiness) -> set[tuple[str, str, str, str | None]]:
    """What was found: severity, check, table, column."""
    return {(f.severity, f.check, f.table, f.column) for f in readiness.findings}


def _drop_half(shop: Shop) -> None:
    shop["orders"] = shop["orders"][:700]


def _short(shop: Shop) -> None:
    shop["orders"] = [o | {"ordered_at": datetime(2023, 12, 20, tzinfo=UTC)} for o in shop["orders"]]


def _few_customers(shop: Shop) -> None:
    shop["orders"] = [o | {"customer_id": f"c{n % 50}"} for n, o in enumerate(shop["orders"])]


def _anonymous(shop: Shop) -> None:
    shop["orders"] = [o | {"customer_id": None if n % 4 else "c1"} for n, o in enumerate(shop["orders"])]


def _stale(shop: Shop) -> None:
    for name in ("orders", "order_lines"):
        shop[name] = [o | {"ordered_at": o["ordered_at"] - timedelta(days=60)} for o in shop[name]]


def _constant(shop: Shop) -> None:
    shop["order_lines"] = [x | {"product_id": "p1"} for x in shop["order_lines"]]


def _loaded_twice(shop: Shop) -> None:
    shop["orders"] += [o | {"order_id": f"again-{o['order_id']}"} for o in shop["orders"][:100]]


def _orphans(shop: Shop) -> None:
    shop["products"] = shop["products"][:10]


def _wrong_sign(shop: Shop) -> None:
    shop["order_lines"] = [
        x | ({"quantity": -2.0, "total": -x["total"]} if n % 10 == 0 else {}) for n, x in enumerate(shop["order_lines"])
    ]


def _wrong_total(shop: Shop) -> None:
    shop["order_lines"] = [x | {"total": x["total"] * 100} for x in shop["order_lines"]]


def _wrong_word(shop: Shop) -> None:
    shop["orders"] = [o | ({"status": "shipped"} if n % 50 == 0 else {}) for n, o in enumerate(shop["orders"])]


def _year_1970(shop: Shop) -> None:
    shop["orders"][0]["ordered_at"] = datetime(1970, 1, 1, tzinfo=UTC)


def _gap(shop: Shop) -> None:
    shop["orders"] = [o for o in shop["orders"] if not date(2023, 6, 1) <= o["ordered_at"].date() < date(2023, 7, 1)]


@pytest.mark.parametrize(
    ("plant", "finding"),
    [
        (_drop_half, ("error", "insufficient", "orders", None)),
        (_short, ("error", "insufficient", "orders", None)),
        (_few_customers, ("error", "insufficient", "orders", "customer_id")),
        (_anonymous, ("error", "missing", "orders", "customer_id")),
        (_stale, ("error", "stale", "orders", None)),
        (_constant, ("warning", "constant", "order_lines", "product_id")),
        (_loaded_twice, ("warning", "duplicated", "orders", "order_id")),
        (_orphans, ("warning", "orphaned", "order_lines", "product_id")),
        (_wrong_sign, ("warning", "implausible", "order_lines", "quantity")),
        (_wrong_total, ("warning", "implausible", "order_lines", "total")),
        (_wrong_word, ("warning", "invalid", "orders", "status")),
        (_year_1970, ("warning", "implausible", "orders", "ordered_at")),
        (_gap, ("warning", "missing", "orders", "ordered_at")),
    ],
)
def test_a_planted_defect_is_found(
    tmp_path: Path, plant: Callable[[Shop], None], finding: tuple[str, str, str, str | None]
) -> None:
    # GIVEN a sound shop with one defect
    shop = sound_shop()
    plant(shop)
    # WHEN it is audited
    readiness = audited(tmp_path, shop)
    # THEN the defect is told, and only an error makes the shop unready
    assert finding in told(readiness)
    assert readiness.ready == (finding[0] != "error")


def test_a_region_of_the_whole_shop_is_told(tmp_path: Path) -> None:
    # GIVEN a region of a store, and one of the whole shop, of which no forecast of a region can come
    since = datetime(2023, 3, 1, tzinfo=UTC)
    shop: Shop = {"locations": [{"location_id": i, "updated_at": since, "region": "North"} for i in ("7", "*")]}
    # WHEN demand's tables are audited, and where stores are not told apart
    found, whole = (audited(tmp_path, shop, family("demand"), by_location=told) for told in (True, False))
    # THEN it is told where regions are read
    defect = ("warning", "implausible", "locations", "location_id")
    assert defect in told(found) and defect not in told(whole)


def _payments() -> Shop:
    at = datetime(2023, 11, 1, tzinfo=UTC)
    paid = {"amount": Decimal(5), "currency": "EUR", "email_domain": "mail.example", "ip_country": "DE"}
    label = {"event_type": "payment", "fraud": True, "source": "chargeback"}
    return {
        "payments": [paid | {"payment_id": f"p{n}", "occurred_at": at + timedelta(minutes=n)} for n in range(20)],
        # A provider tells of many at once.
        "labels": [label | {"event_id": f"p{n}", "labelled_at": at + timedelta(days=30)} for n in range(9)],
    }


def _of_no_payment(shop: Shop) -> None:
    shop["labels"][0]["event_id"] = "p99"


def _before_its_payment(shop: Shop) -> None:
    shop["labels"][0]["labelled_at"] -= timedelta(days=31)


def _of_an_order(shop: Shop) -> None:
    shop["labels"][0]["event_type"] = "order"


def _whole_address(shop: Shop) -> None:
    shop["payments"][0]["email_domain"] = "kim@mail.example"


def _country_in_words(shop: Shop) -> None:
    shop["payments"][0]["ip_country"] = "Germany"


@pytest.mark.parametrize(
    ("plant", "findings"),
    [
        (lambda _: None, set()),
        (_of_no_payment, {("warning", "orphaned", "labels", "event_id")}),
        (_before_its_payment, {("warning", "implausible", "labels", "labelled_at")}),
        (_of_an_order, {("warning", "invalid", "labels", "event_type")}),
        (_whole_address, {("warning", "invalid", "payments", "email_domain")}),
        (_country_in_words, {("warning", "invalid", "payments", "ip_country")}),
    ],
)
def test_what_is_wrong_with_payments_and_their_labels_is_told(
    tmp_path: Path, plant: Callable[[Shop], None], findings: set[tuple[str, str, str, str | None]]
) -> None:
    # GIVEN payments of which some were labelled, with at most one defect, and a family that reads them
    shop = _payments()
    plant(shop)
    spec = CHURN.model_copy(update={"requirements": lambda _: [Requirement(table=name) for name in shop]})
    # WHEN they are audited
    readiness = audited(tmp_path, shop, spec)
    # THEN the defect is told, and nothing else
    assert told(readiness) == findings


def test_a_sound_shop_is_ready_without_a_finding(tmp_path: Path) -> None:
    # GIVEN a sound shop
    # WHEN it is audited
    readiness = audited(tmp_path, sound_shop())
    # THEN nothing is found, and the facts are there
    assert readiness.ready
    assert told(readiness) == set()
    assert {f.table: f.rows for f in readiness.facts} == {"orders": 1500, "order_lines": 1500, "customers": 250}


def test_an_empty_lake_is_not_ready(tmp_path: Path) -> None:
    # GIVEN nothing
    # WHEN it is audited
    readiness = audited(tmp_path, {})
    # THEN what is needed is an error, what is optional a hint
    assert not readiness.ready
    assert ("error", "insufficient", "orders", None) in told(readiness)
    assert ("info", "insufficient", "customers", None) in told(readiness)


def test_rows_from_the_as_of_date_on_do_not_count(tmp_path: Path) -> None:
    # GIVEN a shop, and an as-of date in the middle of its history
    # WHEN it is audited
    readiness = audited(tmp_path, sound_shop(), as_of=date(2023, 6, 1))
    # THEN later rows are left out, and that is told
    assert max(f.last for f in readiness.facts if f.last) < date(2023, 6, 1)
    assert ("info", "leaking", "orders", None) in told(readiness)


def _contracts(traits: Callable[[int, bool], dict[str, Any]]) -> Shop:
    rng = np.random.default_rng(3)
    labels = rng.random(300) < 0.3
    at = datetime(2023, 5, 1, tzinfo=UTC)
    rows = [
        {"customer_id": f"c{n}", "updated_at": at, "churned": bool(label), "traits": json.dumps(traits(n, bool(label)))}
        for n, label in enumerate(labels)
    ]
    return {"customers": rows}


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("cancelled_on", lambda n, churned: f"2023-04-{1 + n % 28:02d}" if churned else None),
        ("final_invoice", lambda n, churned: 1 if churned else 0),
        ("state", lambda n, churned: "closed" if churned else ["new", "open"][n % 2]),
    ],
)
def test_a_trait_that_gives_the_label_away_is_found(tmp_path: Path, trait: str, value: Callable) -> None:
    # GIVEN a contract shop with a trait that is known only with the outcome
    shop = _contracts(lambda n, churned: {"tenure": n % 40, trait: value(n, churned)})
    # WHEN it is audited
    readiness = audited(tmp_path, shop, target="contract")
    # THEN the trait is named, and the shop is not ready
    assert ("error", "leaking", "customers", f"traits.{trait}") in told(readiness)
    assert not readiness.ready


def test_honest_traits_are_not_called_leaks(tmp_path: Path) -> None:
    # GIVEN a contract shop with traits that tell something, and an id
    shop = _contracts(lambda n, churned: {"tenure": n % 40 - 8 * churned, "plan": ["a", "b"][n % 2], "no": f"x{n}"})
    # WHEN it is audited
    readiness = audited(tmp_path, shop, target="contract")
    # THEN none of them is a leak
    assert not any(f.check == "leaking" for f in readiness.findings)


class _References(HTMLParser):
    """Everything a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [v for k, v in attrs if k in ("src", "href", "srcset", "data") and v]


def test_the_page_is_self_contained_and_escapes_what_it_shows(tmp_path: Path) -> None:
    # GIVEN a verdict with a plot, and a finding that holds markup
    readiness = audited(tmp_path, sound_shop())
    readiness.findings.append(
        readiness.model_validate(
            readiness.model_dump()
            | {
                "findings": [
                    {"severity": "warning", "check": "missing", "table": "orders", "message": "<script>x</script>"}
                ]
            }
        ).findings[0]
    )
    # WHEN it is rendered
    page = _References()
    text = html.render(readiness)
    page.feed(text)
    # THEN it fetches nothing, runs nothing, and shows a plot
    assert page.found == []
    assert "script" not in page.tags
    assert "&lt;script&gt;" in text
    assert page.tags.count("svg") >= 2
