"""The declared tables: complete and consistent."""

import pytest

from commerce.events import PROPERTIES
from commerce.risk_tables import EVENT_IDS
from commerce.schema import Column, Table
from commerce.tables import TABLES

EXPECTED = {
    "events", "orders", "order_lines", "products", "customers", "prices", "stock", "deliveries", "supply_terms",
    "locations", "promotions", "regressors", "messages", "logins", "payments", "sessions", "labels",
    "decisions", "exposures", "spend",
}  # fmt: skip


def test_the_tables_of_the_design_are_declared_and_those_added_since():
    # GIVEN the declared tables
    # WHEN their names are read
    names = set(TABLES)
    # THEN
    assert names == EXPECTED


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_key_and_day_of_every_row_are_always_known(table):
    # GIVEN a table
    # WHEN its key and time columns are looked up
    columns = [table.column(name) for name in (*table.key, table.time)]
    # THEN none may be empty
    assert not any(column.nullable for column in columns)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_money_always_comes_with_its_currency(table):
    # GIVEN a table
    # WHEN it has a money column
    money = [c for c in table.columns if c.type.startswith("decimal")]
    # THEN it has a currency column
    assert not money or "currency" in table.column_names


def test_a_table_whose_key_does_not_exist_cannot_be_declared():
    # GIVEN columns without the key
    columns = (Column("at", "timestamp", "when", nullable=False),)
    # WHEN a table is declared with it
    # THEN it is refused
    with pytest.raises(ValueError, match="unknown or repeated"):
        Table("t", "a table", columns, key=("id",), time="at")


@pytest.mark.parametrize(
    ("event", "table"),
    [
        ("Login Attempted", "logins"),
        ("Payment Attempted", "payments"),
        ("Session Observed", "sessions"),
        ("Label Given", "labels"),
        ("Decision Made", "decisions"),
    ],
)
def test_an_event_about_risks_says_what_its_table_holds(event, table):
    # GIVEN the table of an event, less what its envelope says and what only loaded files have
    envelope = {"customer_id", "anonymous_id", TABLES[table].time}
    columns = set(TABLES[table].column_names) - envelope - {"fraud", "labelled_at"}
    # WHEN the event's properties are looked at
    properties = set(PROPERTIES[event].model_fields) - {"fraud"}
    # THEN they are the table's columns
    assert properties == columns


def test_labels_and_decisions_are_about_ids_of_tables():
    # GIVEN the types of events that they are about
    # WHEN the key of each type's table is looked up
    keys = {type_: TABLES[table].key for type_, (table, _) in EVENT_IDS.items()}
    # THEN it is the column that holds the id
    assert keys == {type_: (column,) for type_, (_, column) in EVENT_IDS.items()}
