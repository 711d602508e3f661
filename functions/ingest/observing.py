"""What an event tells of a payment, login or session: that it happened, or what it turned out to be."""

from __future__ import annotations

from functools import cache

from commerce.assessments.assessment import Assessment
from commerce.events import Event
from commerce.families import discover
from commerce.streams import Label
from commerce.streams.windows import micros
from functions.common.streams import Known, Observation, Told
from functions.common.told import SKEW, order

LABEL_GIVEN = "Label Given"


def observation(event: Event) -> tuple[str, Observation] | None:
    """(family, what it counts); None of every other event, and of one that lies ahead: the lake keeps it, but what is
    counted would forget what really was lately."""
    if event.type != "track" or event.name is None or event.timestamp > event.received_at + SKEW:
        return None
    if event.name == LABEL_GIVEN:
        family = _by_event_type().get(event.properties["event_type"])
        label = Label(event.properties["fraud"], micros(event.timestamp))
        return (family, Known(event.properties["event_id"], label)) if family else None
    found = _by_tracked().get(event.name)
    if found is None:
        return None
    family, assessment = found
    fields = event.properties | {"customer_id": event.customer_id}
    id_ = event.properties.get(assessment.id_property) or event.message_id
    counted = assessment.counted(id_, event.timestamp, fields).counted(assessment.streams)
    return family, Told(counted, order(event.timestamp, event.message_id))


@cache
def _by_event_type() -> dict[str, str]:
    return {spec.assessment.event_type: name for name, spec in discover().items() if spec.assessment}


@cache
def _by_tracked() -> dict[str, tuple[str, Assessment]]:
    return {spec.assessment.tracked: (name, spec.assessment) for name, spec in discover().items() if spec.assessment}
