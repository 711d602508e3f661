"""What rules may ask for, from a family's spec: a sample of each value."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from commerce.assessments.assessment import Assessment

_SAMPLES: dict[type, Any] = {str: "text", float: 1.0, int: 1, bool: True}
EVENT, PAST = "event", "past"
"""The event's own fields as they are asked, and the model's inputs."""


def vocabulary(assessment: Assessment) -> dict[str, Any]:
    """`event` has the question's fields of text, numbers and truth; `past` every input of the model, a number each.
    What another family says of the customer (`Assessment.context`) stands under its own name, likewise in numbers."""
    fields = assessment.question.model_fields
    samples = {name: next(_samples(field.annotation), None) for name, field in fields.items()}
    found = {
        EVENT: {name: sample for name, sample in samples.items() if sample is not None},
        PAST: dict.fromkeys(assessment.features, 1.0),
    }
    of = assessment.context
    return found if of is None else found | {of.name: dict.fromkeys(of.fields, 1.0)}


def _samples(annotation: Any) -> Iterator[Any]:
    """Samples of the types that an annotation allows, such as of `Annotated[str, …] | None`."""
    if annotation in _SAMPLES:
        yield _SAMPLES[annotation]
    elif get_origin(annotation) is Annotated:
        yield from _samples(get_args(annotation)[0])
    else:
        for allowed in get_args(annotation):
            if allowed is not NoneType:
                yield from _samples(allowed)
        if get_args(annotation) and all(isinstance(word, str) for word in get_args(annotation)):
            yield _SAMPLES[str]
