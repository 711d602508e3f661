"""What the lake tells of products that were shown: once each, with the purchase that followed, nothing later."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from tests.training.recommendations import grocery
from training import artifact, featureset, frames
from training.contract import ENTITY, ITEM, LABEL
from training.entrypoints.evaluate import evaluate
from training.recommendations import FAMILY_MODEL, outcomes

SINCE, DAYS = date(2025, 3, 1), 28


def at(day, hour=0):
    return datetime(SINCE.year, SINCE.month, SINCE.day, hour, tzinfo=UTC) + timedelta(days=day)


def shown(customer, product, when, position=1, **more):
    known = {
        "exposure_id": f"x{when.isoformat()}{customer}",
        "position": position,
        "customer_id": customer,
        "occurred_at": when,
        "family": "recommendations",
        "source": "model",
        "item_id": product,
    }
    return known | more


def line(customer, product, when):
    return {
        "order_id": f"o{when.isoformat()}",
        "line_id": "1",
        "customer_id": customer,
        "product_id": product,
        "ordered_at": when,
        "kind": "sale",
        "quantity": 1.0,
        "unit_price": Decimal(1),
        "discount": Decimal(0),
        "total": Decimal(1),
        "currency": "EUR",
    }


def responses(exposures, lines=()):
    """(customer, product) → (place, propensity, taken)."""
    lines = [*lines, line("other", "other", at(1))]
    read = outcomes.responses(grocery.source({"exposures": exposures, "order_lines": lines}), SINCE, DAYS).to_pandas()
    rows = read[["customer_id", "product_id", "place", "propensity", "taken"]].itertuples(index=False)
    return {(c, p): (place, round(propensity, 3), taken) for c, p, place, propensity, taken in rows}


def test_a_purchase_within_days_of_being_shown_takes_it():
    # GIVEN products bought six days after they were shown, eight days after, before, and never
    exposures = [shown("a", p, at(5), n) for n, p in enumerate(("soon", "late", "before", "never"), 1)]
    lines = [line("a", "soon", at(11)), line("a", "late", at(13)), line("a", "before", at(4))]
    # WHEN responses are read
    found = responses(exposures, lines)
    # THEN the first alone was taken
    assert {product: taken for (_, product), (_, _, taken) in found.items()} == {
        "soon": 1, "late": 0, "before": 0, "never": 0,
    }  # fmt: skip


def test_the_first_time_counts():
    # GIVEN a product shown twice
    exposures = [shown("a", "p", at(6), 1, propensity=0.9), shown("a", "p", at(2), 4, propensity=0.25)]
    # WHEN responses are read
    # THEN place and propensity are the first time's
    assert responses(exposures) == {("a", "p"): (4, 0.25, 0)}


def test_what_tells_nothing_of_a_customer_is_left_out():
    # GIVEN exposures of another family, of nobody known, and so late that seven days go beyond the horizon
    exposures = [
        shown("a", "p", at(2), family="search"),
        shown(None, "p", at(3), anonymous_id="v"),
        shown("a", "p", at(DAYS - 7)),
        shown("a", "p", at(-1)),
        shown("a", "kept", at(DAYS - 8)),
    ]
    # WHEN responses are read
    # THEN none is of them; what has no propensity counts as certain
    assert responses(exposures) == {("a", "kept"): (1, 1.0, 0)}


def test_nothing_after_the_horizon_changes_a_response():
    # GIVEN an exposure late in the horizon
    exposures = [shown("a", "p", at(20))]
    # WHEN it is bought after the horizon's end, within seven days
    # THEN that is not known yet
    assert responses(exposures, [line("a", "p", at(DAYS, 1))]) == responses(exposures)


def _history(rng):
    """The grocer's rows, and a shop window: every customer is shown 20 products, takes those of `brand1` in half of
    all cases though nobody looked for them, and hardly any other."""
    rows = grocery.records()
    parameters = FAMILY_MODEL.parameters(grocery.PARAMETERS | {"retrieval": "cosine"})
    dates = FAMILY_MODEL.dates(grocery.source(), grocery.LAST, parameters)
    exposures, lines = [], []
    for day in (*dates.train, *dates.holdouts):
        at_day = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=2)
        for customer in range(grocery.CUSTOMERS):
            for place, product in enumerate(rng.choice(grocery.PRODUCTS, 20, replace=False), 1):
                when = at_day + timedelta(minutes=customer)
                id_ = f"x{day}{customer}"
                chance = {"exposure_id": id_, "propensity": 20 / grocery.PRODUCTS}
                exposures.append(shown(f"c{customer}", grocery.product(product), when, place, **chance))
                if product % 4 == 1 and rng.random() < 0.5:
                    taken = line(f"c{customer}", grocery.product(product), when + timedelta(days=1))
                    lines.append(taken | {"order_id": f"t{id_}{product}"})
    return rows | {"exposures": exposures, "order_lines": rows["order_lines"] + lines}, parameters


def test_exposures_change_what_is_recommended_and_who_is_judged(tmp_path):
    # GIVEN a shop whose customers take what they are shown of one brand
    rows, parameters = _history(np.random.default_rng(5))
    source = grocery.source(rows)
    dates = FAMILY_MODEL.dates(source, grocery.LAST, parameters)
    # WHEN the family prepares, learns, is kept and evaluated
    built = frames.build(FAMILY_MODEL, source, dates, parameters, 0)
    features, folder = tmp_path / "features", tmp_path / "model"
    features.mkdir()
    folder.mkdir()
    about = featureset.write(features, built, dates, FAMILY_MODEL.spec.name, parameters)
    featureset.write_context(features, FAMILY_MODEL.context(source, grocery.LAST, parameters))
    fitted = FAMILY_MODEL.fit(built.train, parameters, 0, featureset.read_context(features))
    artifact.write(folder, FAMILY_MODEL, fitted, as_of=grocery.LAST, parameters=parameters, window=about.window)
    kept = artifact.read(folder)
    # THEN it is learned, the model read back says the same, and what is scored has no outcome
    assert fitted.metrics["shown_gain_z"] > 1
    assert kept.card.metrics["taken"] == fitted.metrics["taken"] > 0
    np.testing.assert_array_equal(kept.model.predict(built.score), fitted.predict(built.score))
    assert not {"place", "taken", LABEL} & set(built.score.columns)
    # AND the evaluation judges new products apart where there are some
    evaluation = evaluate(features, kept, None, [])
    assert set(evaluation.slices) <= {"cold_customers", "cold_products"}


def test_exposures_after_the_day_change_no_earlier_row():
    # GIVEN the shop window's exposures up to a day, and all of them
    rows, parameters = _history(np.random.default_rng(5))
    day = FAMILY_MODEL.dates(grocery.source(), grocery.LAST, parameters).train[-1]
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=28)
    early = rows | {"exposures": [x for x in rows["exposures"] if x["occurred_at"] < end]}
    # WHEN rows to learn from are made of the horizon that ends there
    known, later = (frames.history(FAMILY_MODEL, grocery.source(each), [day], parameters, 0) for each in (early, rows))
    # THEN they are the same, and hold what was shown in it
    pd.testing.assert_frame_equal(known, later)
    assert known["taken"].sum() > 0
    assert not known.duplicated([ENTITY, ITEM]).any()
