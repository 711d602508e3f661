"""The events a shop sends, in the shape of the Segment tracking API (https://segment.com/docs/connections/spec/).

`parse` takes one message of the envelope and gives an `Event`; `lake_row` gives the row of the `events` table.
"""

from commerce.events.catalog import FROM_SERVERS, PROPERTIES
from commerce.events.envelope import Alias, Event, Group, Identify, Page, Screen, Track
from commerce.events.parsing import lake_row, parse, reasons

__all__ = [
    "FROM_SERVERS",
    "PROPERTIES",
    "Alias",
    "Event",
    "Group",
    "Identify",
    "Page",
    "Screen",
    "Track",
    "lake_row",
    "parse",
    "reasons",
]
