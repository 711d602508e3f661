"""The next item of a session: a made-up shop where what follows what is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.recommendations.sessions.log import Prefixes, SessionLog
from training.recommendations.sessions.model import NextItem
from training.recommendations.sessions.session_knn import SessionKnn
from training.recommendations.sessions.transitions import Transitions

DEPARTMENTS, WIDTH = 20, 8


def shop(sessions: int = 1500, seed: int = 3) -> tuple[list[list[str]], np.ndarray]:
    """Sessions that walk along one department's shelf, mostly to the next product; 30 days of them."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(sessions):
        department, place = rng.integers(DEPARTMENTS), rng.integers(WIDTH)
        steps = rng.choice([1, 1, 1, 2, 0], size=rng.integers(1, 5))
        places = (place + np.concatenate([[0], np.cumsum(steps)])) % WIDTH
        found.append([f"d{department}p{p}" for p in places])
    return found, np.linspace(0, 30, sessions)


@pytest.fixture(scope="module")
def model() -> NextItem:
    sessions, times = shop()
    return NextItem(count=30, rounds=20).fit(sessions, times)


def test_the_shelf_is_walked_along(model: NextItem) -> None:
    # GIVEN sessions that mostly go on to the next product
    # WHEN every product's successor is asked for
    asked = [[f"d{d}p{p}"] for d in range(DEPARTMENTS) for p in range(WIDTH)]
    first = model.rank(asked, 1)[:, 0]
    # THEN it comes first nearly always
    wanted = [f"d{d}p{(p + 1) % WIDTH}" for d in range(DEPARTMENTS) for p in range(WIDTH)]
    assert np.mean(first == wanted) > 0.9


def test_an_unknown_item_is_passed_over(model: NextItem) -> None:
    # GIVEN a prefix WHEN an item that nobody ever saw is among its events
    with_unknown = model.rank([["d1p1", "never seen", "d1p2"]], 10)
    # THEN the answer is that of the known events
    assert with_unknown.tolist() == model.rank([["d1p1", "d1p2"]], 10).tolist()


def test_an_empty_prefix_gets_the_popular_items(model: NextItem) -> None:
    # GIVEN no event at all WHEN the next item is asked for
    ranked = model.rank([[], ["never seen"]], 5)
    # THEN the most popular items of the last days are the answer
    popular = model.catalogue_[np.argsort(-model.candidates_.popularity_[0], kind="stable")[:5]]
    assert ranked.tolist() == [popular.tolist()] * 2


def test_an_answer_has_k_different_items(model: NextItem) -> None:
    # GIVEN fewer candidates than asked for WHEN the whole catalogue is asked for
    ranked = model.rank([["d1p1"], []], 1000)
    # THEN each item comes exactly once
    assert [len(set(row)) for row in ranked.tolist()] == [DEPARTMENTS * WIDTH] * 2


def test_a_prefix_is_answered_alone_as_among_others(model: NextItem) -> None:
    # GIVEN several prefixes WHEN asked together and one by one THEN the answers are the same
    prefixes = [["d1p1"], [], ["d2p3", "d2p4", "d2p3"], ["d5p0"]]
    together = model.rank(prefixes, 10).tolist()
    assert together == [model.rank([prefix], 10)[0].tolist() for prefix in prefixes]


def test_the_same_sessions_and_seed_give_the_same_answers(model: NextItem) -> None:
    # GIVEN the same sessions WHEN learned from again THEN every answer is the same
    again = NextItem(count=30, rounds=20).fit(*shop())
    asked = [["d1p1"], ["d3p2", "d3p3"]]
    assert again.rank(asked, 20).tolist() == model.rank(asked, 20).tolist()


def test_what_is_saved_answers_like_the_model(model: NextItem, tmp_path: Path) -> None:
    # GIVEN a fitted model WHEN saved and loaded
    model.save(tmp_path)
    loaded = NextItem.load(tmp_path)
    # THEN it answers the same
    asked = [["d1p1"], ["d3p2", "d3p3", "d3p3"], []]
    assert loaded.rank(asked, 20).tolist() == model.rank(asked, 20).tolist()


def test_sessions_without_anything_in_common_are_refused() -> None:
    # GIVEN sessions that share no item WHEN learned from THEN the refusal says what to do
    strangers = [[f"{i}a", f"{i}b"] for i in range(50)]
    with pytest.raises(ValueError, match="load older sessions or set fewer slice_days"):
        NextItem(count=10, rounds=5).fit(strangers, np.linspace(0, 30, 50))


def log_of(*sessions: list[int]) -> SessionLog:
    return SessionLog.of([np.array(s) for s in sessions], np.arange(len(sessions), dtype=float), 8)


@pytest.mark.parametrize("method", [SessionKnn(half_life=np.inf), Transitions(half_life=np.inf)])
def test_a_session_of_other_items_changes_nothing(method: SessionKnn | Transitions) -> None:
    # GIVEN scores of a prefix WHEN a session that shares no item with its neighbours is added
    asked = Prefixes.of([np.array([0])], 8)
    before = method.fit(log_of([0, 1, 2], [1, 0])).scores(asked).toarray()
    after = method.fit(log_of([0, 1, 2], [1, 0], [5, 6, 7])).scores(asked).toarray()
    # THEN the scores stay
    np.testing.assert_allclose(after, before)


def test_newer_sessions_weigh_more() -> None:
    # GIVEN 0 → 1 long ago and 0 → 2 lately WHEN asked after 0 THEN 2 scores above 1
    sessions = SessionLog.of([np.array([0, 1]), np.array([0, 2])], np.array([0.0, 60.0]), 3)
    for method in (SessionKnn(half_life=30), Transitions(half_life=30)):
        scores = method.fit(sessions).scores(Prefixes.of([np.array([0])], 3)).toarray()[0]
        assert scores[2] > scores[1] > 0


@pytest.mark.parametrize("neighbours", [5, 500])
def test_one_session_is_answered_as_many_are(neighbours: int) -> None:
    # GIVEN past sessions, and running ones, in which products recur or are new
    rng = np.random.default_rng(5)
    sessions = [rng.integers(0, 7, rng.integers(1, 6)).tolist() for _ in range(40)]
    # A half-life at which no two sessions of different sizes weigh the same.
    method = SessionKnn(neighbours=neighbours, half_life=31.7).fit(log_of(*sessions))
    for running in ([0], [3, 1, 3], [7], [7, 2]):
        # WHEN the next item of one is asked for by itself
        items, scores = method.following(np.array(running))
        # THEN it is the row that it has among many
        found = np.zeros(8)
        found[items] = scores
        np.testing.assert_allclose(found, method.scores(Prefixes.of([np.array(running)], 8)).toarray()[0], rtol=1e-5)


def test_every_proper_prefix_is_followed_by_its_next_item() -> None:
    # GIVEN two sessions WHEN cut THEN each cut knows what came
    prefixes, following = Prefixes.next_items(log_of([3, 4, 5], [6, 7]))
    parts = np.split(prefixes.items, prefixes.offsets[1:-1])
    assert [part.tolist() for part in parts] == [[3], [3, 4], [6]]
    assert following.tolist() == [4, 5, 7]
