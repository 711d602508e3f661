"""Made-up retrainings and answers of recommendations."""

from __future__ import annotations

from datetime import date

from cli.report.model import Learnt, Product, RecommendationsReport, Shelf
from commerce.evaluation import Evaluation, Interval
from commerce.families import family
from commerce.families.recommendations.answer import Recommendations

DAY = date(2018, 1, 1)


def learnt(**changes) -> Learnt:
    evaluation = Evaluation(
        family="recommendations",
        as_of=DAY,
        holdout_as_of=date(2017, 11, 27),
        holdout_rows=54321,
        metrics={
            "candidate": {"ndcg_at_10": 0.47, "new_ndcg_at_10": 0.06},
            "own_frequency": {"ndcg_at_10": 0.44, "new_ndcg_at_10": 0.02},
            "popularity": {"ndcg_at_10": 0.18, "new_ndcg_at_10": 0.04},
        },
        intervals={"candidate": {"ndcg_at_10": Interval(low=0.45, high=0.49)}},
    )
    values = {
        "family": family("recommendations"),
        "ending": "Released",
        "reasons": ["ndcg_at_10 0.4700 must be at least 0.4350 (own_frequency)"],
        "seconds": 2.0,
        "run_id": "20180101-abcdef",
        "version": "3",
        "evaluation": evaluation,
    }
    return Learnt(**values | changes)


def answer(name: str | None = "OAT MILK", **changes) -> Recommendations:
    item = {
        "product_id": "77",
        "position": 1,
        "name": name,
        "score": 0.5,
        "reason": "you buy it about every 9 days, last 5 days ago",
        "origin": "due",
        "due_on": "2018-01-05",
    }
    body = {"source": "model", "version": "3", "as_of": DAY, "question": "for_you", "items": [item]}
    return Recommendations.model_validate(body | changes)


def shelf(found: Recommendations, title: str = "For you") -> Shelf:
    return Shelf(title, found, 41.4)


def recommendations_report(**changes) -> RecommendationsReport:
    values = {
        "learnt": learnt(),
        "household": "1598",
        "recent_days": 28,
        "orders": 6,
        "variety": 151,
        "basket_on": date(2017, 12, 28),
        "basket": ["1", "2", "77"],
        "shelves": [
            shelf(answer()),
            shelf(answer(name=None, source="baseline", version=None), "Buy again"),
        ],
        "products": {
            "1": Product("1", "TEA", "National, 8 OZ"),
            "2": Product("2", "TEA"),
            "77": Product("77", "OAT MILK", "Private, 1 GA"),
        },
        "first_milliseconds": 900.0,
    }
    return RecommendationsReport(**values | changes)
