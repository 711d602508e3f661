"""The routes of offers and coupons."""

from __future__ import annotations

from commerce.campaigns.offer import IssuedCoupon, Offer, OfferDefinition, OfferList
from functions.openapi.campaigns import NAME
from functions.openapi.parts import Section, answer, body, error, operation, path

TAG = "offers"


def section() -> Section:
    """What letters give."""
    one = path("id", "the offer's id", NAME)
    code = path("code", "as the customer has it; case, spaces and hyphens do not matter", {"type": "string"})
    unknown = error("no such offer")
    every = operation(TAG, "listOffers", "Every offer.", answers={"200": answer("by their ids", OfferList)})
    get = operation(
        TAG,
        "getOffer",
        "One offer, and how many coupons of it were issued.",
        parameters=[one],
        answers={"200": answer("the offer as it is now", Offer), "404": unknown},
    )
    put = operation(
        TAG,
        "putOffer",
        "Make or change an offer.",
        description="A campaign that was started keeps the offer as it was then.",
        parameters=[one],
        body=body(OfferDefinition),
        answers={
            "200": answer("changed, or as it was", Offer),
            "201": answer("made", Offer),
            "400": error("the id or the body is not valid; the message says where"),
        },
    )
    coupon = operation(
        TAG,
        "getCoupon",
        "What a coupon is good for.",
        parameters=[code],
        answers={"200": answer("the coupon", IssuedCoupon), "404": error("no such coupon")},
    )
    paths = {
        "/v1/offers": {"get": every},
        "/v1/offers/{id}": {"get": get, "put": put},
        "/v1/coupons/{code}": {"get": coupon},
    }
    return Section(TAG, "what letters give, and the coupons that were issued", paths)
