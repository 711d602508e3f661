"""What may be asked of a product beside its answer: `POST /v1/<collection>:<verb>`.

A verb is answered from what the family says of the product already, by arithmetic: no model is asked, and a function
that reads answers can answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from commerce.scores import EntityId, Score


class ProductQuestion(BaseModel):
    """Base of what a verb takes."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, defer_build=True)

    product_id: EntityId = Field(description="the shop's id of the product")


class UnanswerableError(Exception):
    """A valid question that this product's answer cannot tell. The message says why, and what could be asked."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One of a family's verbs; `name` is what stands behind the colon, such as `whatIf`.

    `respond` makes the answer to a question from the family's answer about its product, which may be the baseline's;
    `UnanswerableError` where it cannot.
    """

    name: str
    summary: str
    question: type[ProductQuestion]
    answer: type[Score]
    respond: Callable[[Any, Any], Score]
