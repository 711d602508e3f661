"""Exactly-once from the client to the lake, through a handler process that is killed in the middle of calls."""

import random

from benchmarks import ingest


def test_every_event_is_in_the_lake_once_however_often_it_was_sent_and_whatever_died(monkeypatch):
    # GIVEN events sent three times in random order, and a handler that is killed inside three of the calls
    monkeypatch.setattr(ingest, "SENT", 1000)
    monkeypatch.setattr(ingest, "KILLS", 3)
    # WHEN clients send again what was not answered, and the stream is curated
    lost, duplicated, killed = ingest.exactly_once(random.Random(7))
    # THEN nothing is lost and nothing doubled
    assert (lost, duplicated, killed) == (0, 0, 3)
