"""What a decision waits for when something it reads is down: once, and not again for some seconds."""

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from functions.assess import storage
from functions.assess.storage import RETRY_SECONDS, RULES_SECONDS, AwsStorage, NotTriedError
from functions.common import pointers
from functions.common.pointers import POINTER_SECONDS
from tests.functions.assessing import ARTIFACT, FRAUD, portable, release

DOWN = ReadTimeoutError(endpoint_url="https://dynamodb")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Reads:
    """Stands before a read: counts, and fails while it is down."""

    def __init__(self, real):
        self.real, self.count, self.down = real, 0, None

    def __call__(self, *arguments, **named):
        self.count += 1
        if self.down is not None:
            raise self.down
        return self.real(*arguments, **named)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def reading(account, monkeypatch):
    """Puts `Reads` in place of a function of a module."""

    def put(module, name):
        reads = Reads(getattr(module, name))
        monkeypatch.setattr(module, name, reads)
        return reads

    return put


def test_known_rules_hold_while_the_table_is_down_and_it_is_asked_only_now_and_then(reading, clock):
    # GIVEN rules that were read before, and a table that went down when they were due again
    reads = reading(storage.rules, "live")
    read = AwsStorage(clock)
    known = read.rules(FRAUD)
    reads.down, clock.now = DOWN, clock.now + RULES_SECONDS
    # WHEN many decisions ask
    answers = [read.rules(FRAUD) for _ in range(20)]
    # THEN they have the known ones, and one of them waited
    assert all(answer is known for answer in answers)
    assert reads.count == 2
    # AND the table is asked again after some seconds
    reads.down, clock.now = None, clock.now + RULES_SECONDS
    read.rules(FRAUD)
    assert reads.count == 3


def test_rules_that_were_never_read_are_asked_for_each_time(reading, clock):
    # GIVEN a table that was down from the beginning
    reads = reading(storage.rules, "live")
    reads.down = DOWN
    read = AwsStorage(clock)
    with pytest.raises(ReadTimeoutError):
        read.rules(FRAUD)
    # WHEN it is there again THEN the next decision has the rules
    reads.down = None
    assert read.rules(FRAUD)
    assert reads.count == 2


def test_a_version_that_cannot_be_read_is_not_tried_again_for_some_seconds(reading, account, clock):
    # GIVEN a version whose artifact cannot be read
    release(account)
    reads = reading(storage.versions, "portable")
    reads.down = ConnectTimeoutError(endpoint_url="https://s3")
    read = AwsStorage(clock)
    with pytest.raises(ConnectTimeoutError):
        read.version(ARTIFACT)
    # WHEN many decisions need it within the time THEN none of them waits
    for passed in (0.0, RETRY_SECONDS * 0.99):
        clock.now = 1000.0 + passed
        with pytest.raises(NotTriedError, match="a moment ago"):
            read.version(ARTIFACT)
    assert reads.count == 1
    # AND after it the version is read, once
    reads.down, clock.now = None, 1000.0 + RETRY_SECONDS
    assert read.version(ARTIFACT).features == read.version(ARTIFACT).features == portable().features
    assert reads.count == 2


def test_one_version_that_cannot_be_read_holds_no_other_back(reading, account, clock):
    # GIVEN a version that could not be read
    release(account)
    read = AwsStorage(clock)
    with pytest.raises(Exception, match="NoSuchKey"):
        read.version(ARTIFACT + ".gone")
    # WHEN another is asked for THEN it is read
    assert read.version(ARTIFACT)


def test_known_pointers_hold_while_the_table_is_down_and_it_is_asked_only_now_and_then(reading, account, clock):
    # GIVEN a pointer that was read before, and a table that went down when it was due again
    release(account)
    reads = reading(pointers, "batch_get")
    known = pointers.Pointers(clock)
    before = known.read(account.dynamodb, "test-releases", ["fraud"])
    reads.down, clock.now = DOWN, clock.now + POINTER_SECONDS
    # WHEN many answers need it THEN they have the known one, and one of them waited
    assert [known.read(account.dynamodb, "test-releases", ["fraud"]) for _ in range(20)] == [before] * 20
    assert before and reads.count == 2
