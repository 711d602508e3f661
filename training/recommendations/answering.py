"""Answers to the family's questions, from what a version knows of the shop and what comes with the question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from commerce.actions import Action, Kind
from commerce.families.recommendations.answer import Item, Recommendations
from commerce.families.recommendations.profile import Owned, Profile
from commerce.families.recommendations.request import (
    AlsoBought,
    AlsoViewed,
    Bundles,
    BuyAgain,
    ForYou,
    Next,
    Rerank,
    Similar,
    Trending,
)
from commerce.questions import Instance
from commerce.scores import Reason
from training.contract import TrainingError
from training.recommendations import sources
from training.recommendations.choosing import Chosen, chosen
from training.recommendations.found import NOTHING, Found
from training.recommendations.reasons import reason
from training.recommendations.shop import Shop

Every = ForYou | Next | AlsoBought | AlsoViewed | Similar | Bundles | BuyAgain | Trending | Rerank
_QUESTION: TypeAdapter[Every] = TypeAdapter(Annotated[Every, Field(discriminator="question")])

SESSION_HOURS = 24
"""Actions of this long before today, or of today, are the running session."""
SESSION_WEIGHT = 1.0
"""What the session adds to a customer's chances: this, times the best of them, for the session's best product."""
EXPLAINING = 20
"""Of a customer's own products, those that may explain a new one."""
_FILL = 1e-6
"""Scores of what only fills the answer, beside chances: below all of them."""

Source = Literal["model", "cold_start"]


@dataclass
class _Asking:
    """One question with all that is known of who asks."""

    shop: Shop
    question: Every
    instance: Instance
    profile: Profile | None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def own(self) -> dict[int, Owned]:
        """Products that the customer bought, by position, without those bought again since."""
        listed = self.profile.own if self.profile else []
        places = self.shop.catalogue.positions([one.product_id for one in listed])
        again = {item for kind, item in self.actions if kind == "ordered"}
        return {int(p): one for p, one in zip(places, listed, strict=True) if p >= 0 and int(p) not in again}

    @cached_property
    def actions(self) -> list[tuple[Kind, int]]:
        """The running session, oldest first, of products that are in the catalogue."""
        if isinstance(self.question, Next) and self.question.recent:
            told: list[tuple[Kind, str]] = [(one.kind, one.product_id) for one in self.question.recent]
        else:
            told = [(one.kind, one.product_id) for one in _running(self.instance.actions, self.instance.as_of)]
        places = self.shop.catalogue.positions([product for _, product in told])
        return [(kind, int(place)) for (kind, _), place in zip(told, places, strict=True) if place >= 0]

    @property
    def bought(self) -> set[int]:
        """What the customer bought, as far as it is known."""
        return {*self.own, *(item for kind, item in self.actions if kind == "ordered")}

    def known(self, products: Iterable[str], what: str) -> list[int]:
        """Positions of products that the question names; of the others it is noted that this version lacks them."""
        products = list(products)
        places = self.shop.catalogue.positions(products)
        lacking = [product for product, place in zip(products, places, strict=True) if place < 0]
        if lacking:
            names = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
            self.notes.append(f"{what} not in the catalogue that this version learned: {names}")
        return [int(place) for place in dict.fromkeys(places.tolist()) if place >= 0]


class Answerer:
    """Answers by one version; it keeps nothing of who asked."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def answer(self, instance: Instance) -> Recommendations:
        """The answer, without a version; TrainingError where the question or the profile is not the family's."""
        try:
            question = _QUESTION.validate_python(instance.question)
            profile = None if instance.profile is None else Profile.model_validate(instance.profile)
        except ValidationError as error:
            where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
            raise TrainingError(f"not a question of recommendations: {where}") from error
        asking = _Asking(self.shop, question, instance, profile)
        found, source, why, barred = _found(asking)
        fill = partial(sources.selling, self.shop, question.filters, _reach(asking)) if _fills(question) else None
        rng = np.random.default_rng(instance.seed) if question.controls.explore else None
        places = chosen(self.shop, question, found, fill, barred | _excluded(asking), rng)
        return Recommendations(
            source=source,
            as_of=self.shop.as_of if profile is None else profile.as_of,
            reasons=[Reason(text=why, contribution=0.0)],
            question=question.question,
            items=[self._item(asking, number, place) for number, place in enumerate(places, 1)],
            note=_note(asking, len(places)),
        )

    def _item(self, asking: _Asking, number: int, place: Chosen) -> Item:
        catalogue = self.shop.catalogue
        owned = asking.own.get(place.item)
        because = place.because
        if place.origin == "affinity":
            because = _explained(self.shop, place.item, asking.own)
        return Item(
            product_id=catalogue.id(place.item),
            position=number,
            name=catalogue.name(place.item),
            score=round(place.score, 6),
            reason=reason(self.shop, place.origin, place.item, because, place.count, owned),
            origin=place.origin,
            choice=place.choice,
            propensity=place.propensity,
            due_on=_due(asking.profile, owned) if place.origin in ("bought", "due") else None,
        )


def _found(asking: _Asking) -> tuple[Found, Source, str, set[int]]:
    """Products for the question, what they come from, why in words, and which products are no answer to it."""
    shop, question = asking.shop, asking.question
    match question:
        case ForYou():
            return _for_you(asking)
        case Next():
            found = sources.session(shop, asking.actions, again=question.again)
            seen = set() if question.again else {item for _, item in asking.actions}
            return found, _known(found), "from what you are looking at", seen
        case AlsoBought() | AlsoViewed() | Similar():
            return _of_product(asking, question)
        case Bundles():
            cart = asking.known(question.cart, "products of the cart")
            found = sources.completing(shop, cart)
            return found, _known(found), "what others bought with products of this cart", set(cart)
        case BuyAgain():
            found = _again(asking)
            return found, _known(found), "from what you bought and how often", set()
        case Trending():
            found = sources.selling(shop, question.filters, _reach(asking), trending=True)
            return found, "model", "what sells more than it used to", set()
        case Rerank():
            return _reranked(asking, question)


def _for_you(asking: _Asking) -> tuple[Found, Source, str, set[int]]:
    found = _candidates(asking)
    session = sources.session(asking.shop, asking.actions)
    barred = {item for kind, item in asking.actions if kind == "ordered"}
    if not len(session.items):
        return found, _known(found), "from what you bought" if len(found.items) else "what many customers buy", barred
    best = float(found.scores.max()) if len(found.items) else 1.0
    session = session.scored(SESSION_WEIGHT * best * session.scores / float(session.scores.max()))
    joined = Found.joined([found.scored(found.scores + session.scores_of(found.items)), session]).once()
    return joined, "model", "from what you bought and what you are looking at", barred


def _candidates(asking: _Asking) -> Found:
    """The customer's own products and new ones, as the batch job ranked them; ordered meanwhile is left out."""
    new = asking.profile.new if asking.profile else []
    places = asking.shop.catalogue.positions([one.product_id for one in new])
    chances = np.array([one.probability for one in new])
    again = asking.own
    own = Found.of(np.array(list(again), dtype=np.int64), np.array([o.probability for o in again.values()]), "bought")
    fresh = Found.of(places[places >= 0], chances[places >= 0], "affinity")
    return Found.joined([own, fresh]).once()


def _again(asking: _Asking) -> Found:
    own = asking.own
    chances = np.array([one.probability for one in own.values()])
    return sources.ordered(Found.of(np.array(list(own), dtype=np.int64), chances, "due"))


def _of_product(asking: _Asking, question: AlsoBought | AlsoViewed | Similar) -> tuple[Found, Source, str, set[int]]:
    shop = asking.shop
    known = asking.known([question.product_id], "the product is")
    if not known:
        return Found.joined([]), "cold_start", "nothing is known of this product; this is what sells", set()
    item = known[0]
    match question:
        case AlsoBought():
            found, why = sources.together(shop.bought, item, "together"), "from baskets with this product"
        case AlsoViewed():
            found, why = sources.together(shop.viewed, item, "viewed"), "from visits to this product"
        case Similar():
            found, why = sources.alike(shop, item), "from what the products are"
    return found, "model", why, {item}


def _reranked(asking: _Asking, question: Rerank) -> tuple[Found, Source, str, set[int]]:
    """The products by the customer's chances; those without one by the session, by what goes with theirs, by sales."""
    shop = asking.shop
    items = np.array(asking.known(question.products, "products are"), dtype=np.int64)
    personal, source, why, _ = _for_you(asking)
    related = sources.session(shop, [("ordered", item) for item in list(asking.own)[: sources.SESSION_LENGTH]])
    top = max(float(shop.popular.max(initial=0.0)), _FILL)
    scores = _FILL * _FILL * shop.popular[items] / top
    for found, weight in ((related, _FILL), (personal, 1.0)):
        scores = scores + weight * found.scores_of(items)
    known = Found.joined([personal.where(np.isin(personal.items, items)), Found.of(items, scores, "popular")]).once()
    order = np.argsort(known.items)
    as_given = known.where(order[np.searchsorted(known.items, items, sorter=order)])
    return as_given.scored(scores), source, why, set()


def _known(found: Found) -> Source:
    return "model" if len(found.items) else "cold_start"


def _fills(question: Every) -> bool:
    """Whether what sells may fill the answer: not where only certain products can be one."""
    return not isinstance(question, BuyAgain | Rerank | Trending | Similar | Bundles)


def _reach(asking: _Asking) -> int:
    """How many best sellers are enough, whatever of them is barred."""
    controls = asking.question.controls
    barred = len(controls.exclude) + len(controls.shown) + len(asking.instance.shown) + len(controls.bury)
    return 4 * asking.question.limit + barred + 200


def _excluded(asking: _Asking) -> set[int]:
    controls = asking.question.controls
    named = asking.shop.catalogue.positions([*controls.exclude, *controls.shown, *asking.instance.shown])
    return {int(place) for place in named if place >= 0} | (asking.bought if controls.exclude_bought else set())


def _running(actions: list[Action], as_of: date) -> list[Action]:
    """What was done since `SESSION_HOURS` before today."""
    since = datetime.combine(as_of, datetime.min.time(), UTC) - timedelta(hours=SESSION_HOURS)
    return [one for one in actions if one.at.astimezone(UTC) >= since]


def _explained(shop: Shop, item: int, own: dict[int, Owned]) -> int:
    """The customer's product that goes best with a new one, −1 where none does."""
    others, _, _ = shop.bought.row(item)
    theirs = set(list(own)[:EXPLAINING])
    return next((int(other) for other in others if int(other) in theirs), NOTHING)


def _due(profile: Profile | None, owned: Owned | None) -> date | None:
    if profile is None or owned is None or owned.gap_days is None:
        return None
    return profile.as_of + timedelta(days=round(owned.gap_days) - owned.age_days)


def _note(asking: _Asking, shown: int) -> str | None:
    question, notes = asking.question, list(asking.notes)
    if isinstance(question, BuyAgain) and asking.profile is None:
        notes.append("nothing is known of this customer's purchases")
    if shown < question.limit and not (isinstance(question, Rerank) and shown == len(set(question.products))):
        narrowed = question.filters != type(question.filters)() or question.controls != type(question.controls)()
        why = "no more products pass the filters and controls" if narrowed else "no more products are known for this"
        notes.append(why if shown else f"nothing to show: {why}")
    return "; ".join(notes) or None
