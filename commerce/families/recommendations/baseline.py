"""The plain answer, when there is no model's: what the customer bought and what sells, from published profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from pydantic import BaseModel

from commerce.families.recommendations.answer import Item, Recommendations
from commerce.families.recommendations.profile import Profile
from commerce.families.recommendations.request import Asked, BuyAgain, ForYou, Rerank
from commerce.questions import Known
from commerce.scores import Reason

NO_FILTERS = "filters cannot be applied without the model, so nothing is shown that they might forbid"
NOTHING = "no model answers yet, and nothing that sells was published"


def baseline(question: Any, known: Known, now: datetime, _parameters: BaseModel) -> Recommendations:
    """Products given to re-rank in the order they came; else what the customer bought often, then what sells.

    Pins come first and what is buried comes last, as in the model's answers; boosts, caps and margins are the model's
    alone. What a filter asks for is known to the model alone too: a question with filters gets nothing rather than
    something that may not be sold.
    """
    asked = cast(Asked, question)
    profile, shop = cast(Profile | None, known.profile), cast(Profile | None, known.shop)
    answer = Recommendations(
        source="baseline",
        as_of=profile.as_of if profile else now.date(),
        question=question.question,
        items=[],
        reasons=[Reason(text="the model does not answer; this is what sells or was bought before", contribution=0.0)],
    )
    if asked.filters != type(asked.filters)():
        return answer.model_copy(update={"note": NO_FILTERS})
    barred = _bought(asked, known, profile).union(known.shown)
    items = list(_items(_candidates(asked, profile, shop), asked, barred))
    return answer.model_copy(update={"items": items, "note": None if items else NOTHING})


def _candidates(asked: Asked, profile: Profile | None, shop: Profile | None) -> Iterator[Item]:
    for product in asked.controls.pin:
        yield _item(product, "the shop's choice", "given").model_copy(update={"choice": "pinned"})
    if isinstance(asked, Rerank):
        for product in asked.products:
            yield _item(product, "in the order given", "given")
        return
    if profile is not None and isinstance(asked, ForYou | BuyAgain):
        for owned in profile.own:
            due = None if owned.gap_days is None else profile.as_of + timedelta(round(owned.gap_days) - owned.age_days)
            yield _item(owned.product_id, "you bought it before", "bought").model_copy(update={"due_on": due})
    if not isinstance(asked, BuyAgain):
        for product in shop.popular if shop else []:
            yield _item(product, "many customers buy it", "popular")


def _bought(asked: Asked, known: Known, profile: Profile | None) -> set[str]:
    """What is left out for having been bought before; nothing where the question does not ask for that."""
    if not asked.controls.exclude_bought:
        return set()
    lately = {action.product_id for action in known.actions if action.kind == "ordered"}
    return lately | {owned.product_id for owned in (profile.own if profile else [])}


def _items(candidates: Iterable[Item], asked: Asked, left_out: set[str]) -> Iterator[Item]:
    """The first `limit`, each product once, nothing that is left out, excluded or asked about."""
    controls = asked.controls
    about = {*getattr(asked, "cart", ()), getattr(asked, "product_id", "")}
    barred = {*controls.exclude, *controls.shown, *about, *left_out}
    once: dict[str, Item] = {}
    for item in candidates:
        if item.product_id not in barred:
            once.setdefault(item.product_id, item)
    found = sorted(once.values(), key=lambda item: item.product_id in controls.bury)
    for position, item in enumerate(found[: asked.limit], 1):
        yield item.model_copy(update={"position": position, "score": 1.0 / position})


def _item(product_id: str, reason: str, origin: Any) -> Item:
    return Item(product_id=product_id, position=1, score=1.0, reason=reason, origin=origin)
