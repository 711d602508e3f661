"""Events of the lake are what the function makes of the same event, and rows know nothing of what came later."""

from datetime import UTC, date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from commerce.risk_tables import EVENT_IDS
from commerce.streams.windows import micros
from commerce.tables import TABLES
from lake.simulators.entering import LoginAssumptions
from lake.simulators.logins import logins
from lake.simulators.paying import PaymentAssumptions
from lake.simulators.payments import payments
from lake.simulators.people import PeopleAssumptions
from lake.simulators.sessions import SessionAssumptions, sessions
from tests.training.assessing.tables import Tables
from training.assessing import rows
from training.contract import ENTITY, LABEL
from training.registry import model_family

FEW = PeopleAssumptions(customers=80)
START = date(2025, 1, 1)
MADE = {
    "fraud": lambda: payments(PaymentAssumptions(people=FEW), days=80, seed=1, start=START),
    "access": lambda: logins(LoginAssumptions(people=FEW), days=25, seed=1, start=START),
    "bots": lambda: sessions(SessionAssumptions(people=FEW), days=14, seed=1, start=START),
}


@pytest.fixture(scope="module", params=list(MADE))
def simulated(request):
    """(family, its simulated tables)."""
    return model_family(request.param), dict(MADE[request.param]().tables)


def test_the_lakes_events_are_counted_as_the_functions(simulated):
    # GIVEN events in the lake
    family, tables = simulated
    assessment = family.assessment
    table, id_column = EVENT_IDS[assessment.event_type]
    # WHEN both forms read them
    frame = family.events(Tables(tables), family.parameters({})).to_pandas().set_index("event_id")
    # THEN columns, measures, variables and times are the same, value by value
    for row in tables[table].to_pylist():
        at = row[TABLES[table].time].astimezone(UTC)
        fields = {**row, **({"amount": float(row["amount"])} if "amount" in row else {})}
        event = assessment.counted(row[id_column], at, fields)
        own = frame.loc[row[id_column]]
        assert own["at"] == event.at == micros(at)
        for name in assessment.streams.columns:
            assert (None if pd.isna(own[name]) else own[name]) == event.columns.get(name), name
        for name in assessment.streams.measures:
            assert own[name] == event.measures[name], name
        for name, value in assessment.variables(at, fields).items():
            assert own[name] == pytest.approx(value, nan_ok=True) if value is not None else pd.isna(own[name]), name
        assert own["at_stake"] == pytest.approx(assessment.amount(fields, family.parameters({})))


def test_what_comes_later_changes_no_row_and_no_label(simulated):
    # GIVEN events before a day, and the same with what came after
    family, tables = simulated
    parameters, as_of = family.parameters({"label_delay_days": 3, "holdout_days": 5}), START + timedelta(days=12)
    table, _ = EVENT_IDS[family.assessment.event_type]
    early = tables | {table: _before(tables[table], TABLES[table].time, as_of)}
    early["labels"] = _before(tables["labels"], "labelled_at", as_of + timedelta(days=3))
    # WHEN rows and labels of that day are made of either
    one, two = (
        (
            family.features(Tables(each), as_of, parameters).to_pandas().sort_values(ENTITY, ignore_index=True),
            family.labels(Tables(each), as_of, parameters).to_pandas().sort_values(ENTITY, ignore_index=True),
        )
        for each in (early, tables)
    )
    # THEN they are the same, and of the days before it alone
    pd.testing.assert_frame_equal(one[0], two[0])
    pd.testing.assert_frame_equal(one[1], two[1])
    assert len(one[0]) > 10 and set(np.unique(one[1][LABEL])) <= {0.0, 1.0}
    assert one[0]["at"].between(rows.start(as_of - timedelta(days=5)), rows.start(as_of) - 1).all()


def _before(table, column, day):
    limit = pa.scalar(rows.start(day), pa.int64()).cast(pa.timestamp("us")).cast(table.schema.field(column).type)
    return table.filter(pa.compute.less(table[column], limit))
