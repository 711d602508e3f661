"""The versions that a container keeps: each loaded once, no more than fit, none taken from under a request."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import memory
from training.contract import TrainingError
from training.versions import PEAK, VersionError, Versions

MIB = 1 << 20


def use(versions, uri):
    """The version at `uri`, for a moment."""
    with versions.asked(uri) as loaded:
        return loaded


def sized(loads=None):
    """Loads versions called `<name>:<bytes of their files>`, which grow the process by nothing."""

    def load(uri, room):
        room(int(uri.partition(":")[2]))
        if loads is not None:
            loads.append(uri)
        return uri

    return load


@pytest.fixture(autouse=True)
def resident(monkeypatch):
    """The real measure; without it the process does not grow, whatever else a test run does."""
    real = memory.resident
    monkeypatch.setattr(memory, "resident", lambda: 1)
    return real


def test_a_loading_version_does_not_block_a_loaded_one():
    # GIVEN one version there and another that takes its time
    gate = threading.Event()

    def load(uri, room):
        room(1)
        if uri == "slow":
            gate.wait(10)
        return uri

    versions = Versions(load)
    use(versions, "ready")
    waiting = threading.Thread(target=use, args=(versions, "slow"))
    waiting.start()
    # WHEN
    got = use(versions, "ready")
    # THEN
    assert (got, waiting.is_alive()) == ("ready", True)
    gate.set()
    waiting.join(10)


def test_a_version_that_is_still_fetched_does_not_hold_up_another_that_loads():
    # GIVEN a version whose files are slow to come
    gate = threading.Event()

    def load(uri, room):
        if uri == "far":
            gate.wait(10)
        room(1)
        return uri

    versions = Versions(load)
    waiting = threading.Thread(target=use, args=(versions, "far"))
    waiting.start()
    # WHEN another is loaded
    got = use(versions, "near")
    # THEN
    assert (got, waiting.is_alive()) == ("near", True)
    gate.set()
    waiting.join(10)


def test_many_askers_load_a_version_once():
    # GIVEN
    loads: list[str] = []
    gate = threading.Event()

    def load(uri, room):
        loads.append(uri)
        gate.wait(10)
        return uri

    versions = Versions(load)
    # WHEN eight ask at once
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(use, versions, "one") for _ in range(8)]
        gate.set()
    # THEN
    assert (loads, {one.result() for one in asked}) == (["one"], {"one"})


def test_of_too_many_versions_the_least_recently_used_goes_first():
    # GIVEN room for two
    loads: list[str] = []
    versions = Versions(sized(loads), kept=2)
    # WHEN
    for uri in ("a:1", "b:1", "a:1", "c:1", "a:1", "b:1"):
        use(versions, uri)
    # THEN
    assert loads == ["a:1", "b:1", "c:1", "b:1"]


def test_of_too_large_versions_the_least_recently_used_goes_first():
    # GIVEN memory for one that is read (at its peak) beside two that were
    loads: list[str] = []
    versions = Versions(sized(loads), limit=100 * (PEAK + 2))
    # WHEN a larger one comes, and then those before it
    for uri in ("a:100", "b:100", "a:100", "c:120", "a:100", "b:100"):
        use(versions, uri)
    # THEN only the one that nobody asked for longest was loaded again
    assert loads == ["a:100", "b:100", "c:120", "b:100"]


def test_a_version_larger_than_all_the_room_is_refused_in_words_and_the_others_stay():
    # GIVEN a version that is there
    loads: list[str] = []
    versions = Versions(sized(loads), limit=30 * MIB)
    use(versions, "small:1")
    # WHEN one comes that is too large by itself
    # THEN it is refused with both sizes and what to do, before it is read
    with pytest.raises(VersionError, match=r"takes 60 MiB .* may take 30 MiB here: give the endpoint more memory"):
        use(versions, f"large:{20 * MIB}")
    use(versions, "small:1")
    assert loads == ["small:1"]


def test_a_version_weighs_what_the_process_grew_by(resident, monkeypatch):
    # GIVEN versions whose small files become large arrays, and memory for two of them
    monkeypatch.setattr(memory, "resident", resident)
    loads: list[str] = []

    def load(uri, room):
        room(1)
        loads.append(uri)
        return np.ones(40 * MIB // 8)

    versions = Versions(load, limit=100 * MIB)
    # WHEN a third is loaded
    for uri in ("a", "b", "c", "b", "a"):
        use(versions, uri)
    # THEN the first had gone
    assert loads == ["a", "b", "c", "a"]


def test_a_version_in_use_is_not_taken_from_under_its_request():
    # GIVEN memory for one version, and a request that is answered by it
    loads: list[str] = []
    versions = Versions(sized(loads), limit=300)
    with ThreadPoolExecutor(1) as pool, versions.asked("a:100") as mine:
        # WHEN another version is asked
        other = pool.submit(use, versions, "b:100")
        # THEN the other is not read before the request is done
        with pytest.raises(TimeoutError):
            other.result(0.05)
        assert (mine, loads) == ("a:100", ["a:100"])
    assert (other.result(), loads) == ("b:100", ["a:100", "b:100"])


def test_a_version_that_finds_no_room_in_time_says_so(monkeypatch):
    # GIVEN a request that does not end, by a version that would have to go
    monkeypatch.setattr("training.versions.PATIENCE_SECONDS", 0.01)
    versions = Versions(sized(), limit=300)
    # WHEN another version is asked
    # THEN it is refused, but not for ever
    with versions.asked("a:100"), pytest.raises(VersionError, match="no room"):
        use(versions, "b:100")
    assert use(versions, "b:100") == "b:100"


def test_a_failed_load_is_tried_again():
    # GIVEN a version that comes at the second try
    tries: list[str] = []

    def load(uri, room):
        room(10)
        tries.append(uri)
        if len(tries) == 1:
            raise TrainingError("not yet")
        return uri

    versions = Versions(load, limit=PEAK * 10)
    with pytest.raises(VersionError, match="not yet"):
        use(versions, "late")
    # WHEN
    got = use(versions, "late")
    # THEN the first try left nothing behind that takes room
    assert (got, len(tries)) == ("late", 2)


_SIZES = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 100)), min_size=1, max_size=40)


@given(_SIZES, st.integers(1, 4))
def test_whatever_is_asked_in_whatever_order_it_fits_and_is_the_right_one(asked, kept):
    # GIVEN versions of any sizes that fit by themselves, and what is alive of them
    alive: dict[str, int] = {}

    class Loaded:
        def __init__(self, uri, size):
            self.uri, alive[uri] = uri, size

        def __del__(self):
            del alive[self.uri]

    def load(uri, room):
        size = int(uri.partition(":")[2])
        room(size)
        assert sum(alive.values()) + PEAK * size <= limit
        return Loaded(uri, size)

    limit = PEAK * 100
    versions = Versions(load, kept=kept, limit=limit)
    for name, size in asked:
        # WHEN one is asked
        uri = f"{name}:{size}"
        with versions.asked(uri) as loaded:
            # THEN it is the one, and no more are kept than may be
            assert loaded.uri == uri
        del loaded
        assert len(alive) <= kept
        assert sum(alive.values()) <= limit
