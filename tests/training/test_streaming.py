"""The batch form of streaming features: the same values as the online form, from what came before alone."""

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.training.streaming_events import BEGIN, DAY_MICROS, DELAY, STREAMS, events, replayed, table
from training.streaming import batch


@pytest.fixture(scope="module")
def duckdb():
    return ibis.duckdb.connect()


def computed(backend, rows):
    frame = backend.to_pandas(batch.features(table(rows), STREAMS, DELAY))
    return frame.set_index("event_id").sort_index()


@pytest.mark.parametrize(("seed", "days"), [(1, 120), (2, 2), (3, 400)])
def test_both_forms_give_every_value_alike(duckdb, seed, days):
    # GIVEN events over days, some within minutes and some at once, with labels that come late
    rows = events(1200, days, seed)
    # WHEN their features are computed in one pass, and by counting one event after the other
    ours, online = computed(duckdb, rows), pd.DataFrame.from_dict(replayed(rows), orient="index").sort_index()
    # THEN they are the same: whole numbers exactly, the others to 1e-9, and empty where the other is
    assert list(ours.columns) == list(STREAMS.names)
    expected = online[list(ours.columns)].astype(float)
    for name in ours.columns:
        exact = any(part in name for part in ("_count_", "_distinct_", "_same_", "_frauds_"))
        np.testing.assert_allclose(
            ours[name].to_numpy(), expected[name].to_numpy(), rtol=0 if exact else 1e-9, atol=0, err_msg=name
        )


def test_rows_after_an_event_change_nothing_of_it(duckdb):
    # GIVEN events, and the same ones with others after a time
    rows, cut = events(600, 60, 4), BEGIN + 30 * DAY_MICROS
    early = [
        row if row["label_at"] is None or row["label_at"] < cut else row | {"label_at": None, "fraud": None}
        for row in rows
        if row["at"] < cut
    ]
    # WHEN both are computed
    alone, together = computed(duckdb, early), computed(duckdb, rows)
    # THEN events before that time have the same features
    pd.testing.assert_frame_equal(alone, together.loc[alone.index], check_exact=True)


def test_of_an_empty_table_there_are_no_features(duckdb):
    # GIVEN no event WHEN features are computed THEN there are none, with every column
    nothing = table(events(1, 1, 1)).filter(ibis.literal(False))
    frame = duckdb.to_pandas(batch.features(nothing, STREAMS, DELAY))
    assert (len(frame), list(frame.columns)) == (0, ["event_id", *STREAMS.names])
