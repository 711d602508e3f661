"""Which answer each question gets, whatever fails behind it: the logic alone, over storage in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.actions import KEPT, Action, customer_key, visitor_key
from commerce.families import discover
from commerce.families.recommendations.request import AlsoBought, Controls, ForYou, Next, Trending
from commerce.questions import SHOP, Instance
from commerce.release import Release, arm
from commerce.shown import key as shown_key
from functions.common import shown
from functions.common.asking import MOST_INSTANCES, Asked, ask, seed
from functions.common.lately import Lately
from functions.common.releases import Pointer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAMILY = discover()["recommendations"]
BOUGHT = {"as_of": "2026-02-28", "own": [["milk", 0.5, 6, 7.0]]}
SOLD = {"as_of": "2026-02-28", "popular": ["bread", "eggs"]}


@dataclass
class Memory:
    """`asking.Storage` in memory. `broken` names the methods that raise; `read` what was asked of it."""

    release: Release | None = None
    rows: dict = field(default_factory=dict)
    done: dict = field(default_factory=dict)
    seen: dict = field(default_factory=dict)
    broken: set = field(default_factory=set)
    read: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    remembered: list = field(default_factory=list)

    def _touch(self, what, of):
        self.read.append((what, of))
        if what in self.broken:
            raise OSError(what)

    def pointer(self, family):
        self._touch("pointer", family)
        return self.release and Pointer(self.release, {"3": "s3://m/3", "4": "s3://m/4"})

    def profiles(self, family, wanted):
        self._touch("profiles", list(wanted))
        return {key: self.rows[key] for key in wanted if key in self.rows}

    def lately(self, keys):
        self._touch("lately", list(keys))
        return Lately(*({key: kept[key] for key in keys if key in kept} for kept in (self.done, self.seen)))

    def remember(self, key, memory, forget):
        self._touch("remember", key)
        self.remembered.append((key, memory.products, forget))

    def respond(self, family, version, instances):
        self.calls.append((version, [Instance.model_validate(instance) for instance in instances]))
        self._touch("respond", version.name)
        return [answered(version.name, instance["question"]) for instance in instances]


def answered(version, question):
    """What the model says: the product that was asked about, so that answers can be told apart."""
    item = {"product_id": question.get("product_id", "m"), "position": 1, "score": 1.0, "reason": "r"}
    answer = {"family": "recommendations", "source": "model", "version": version, "as_of": "2026-02-28"}
    answer |= {"question": question["question"], "items": [item | {"origin": "together"}]}
    return FAMILY.answer.model_validate(answer).model_dump(mode="json")


def released(**changes):
    return Release(family=FAMILY.name, since=NOW, **{"champion": "3"} | changes)


def asked(*questions):
    return [Asked(f"e-{number}", question) for number, question in enumerate(questions)]


def outcome(storage, *questions, failed=None):
    told = failed if failed is not None else []
    return ask(
        FAMILY,
        asked(*questions),
        storage,
        parameters=lambda family: family.parameters(),
        now=NOW,
        failed=lambda what, error: told.append(what),
    )


def action(product, minutes, kind="viewed"):
    return Action(kind=kind, product_id=product, at=NOW - timedelta(minutes=minutes))


def for_you(customer="c-1", **more):
    return ForYou(question="for_you", customer_id=customer, **more)


def products(answer):
    return [item["product_id"] for item in answer["items"]]


def test_the_model_is_given_what_is_known_of_whoever_asks():
    # GIVEN a live version, a customer's profile of it, and actions before and after they logged in
    done = {customer_key("c-1"): [action("b", 1)], visitor_key("v-1"): [action("a", 9), action("c", 0)]}
    storage = Memory(released(), {("c-1", "3"): BOUGHT}, done)
    # WHEN the customer asks
    question = for_you(anonymous_id="v-1", limit=5)
    found = outcome(storage, question)
    # THEN the model gets the question as it was asked, the profile, and all actions in their order
    ((version, (instance,)),) = storage.calls
    assert version == ("3", "s3://m/3")
    assert instance.question == {
        "question": "for_you",
        "customer_id": "c-1",
        "anonymous_id": "v-1",
        "limit": 5,
    }
    assert (instance.profile, instance.as_of, instance.seed) == (BOUGHT, NOW.date(), seed("e-0"))
    assert [each.product_id for each in instance.actions] == ["a", "b", "c"]
    assert (found.answers[0]["source"], found.calls, found.baselines) == ("model", 1, 0)


def test_only_the_newest_actions_are_handed_on():
    # GIVEN as many actions of the customer as are kept, and as many of the visitor
    done = {
        customer_key("c-1"): [action("old", 1000 - n) for n in range(KEPT)],
        visitor_key("v-1"): [action("new", 100 - n) for n in range(KEPT)],
    }
    storage = Memory(released(), done=done)
    # WHEN both ids are given
    outcome(storage, for_you(anonymous_id="v-1"))
    # THEN the newest are handed on
    ((_, (instance,)),) = storage.calls
    assert [each.product_id for each in instance.actions] == ["new"] * KEPT


def test_everybody_is_answered_by_the_version_of_their_arm():
    # GIVEN half of the visitors on a challenger, customers and others
    release = released(challenger="4", share=0.5)
    storage = Memory(release)
    questions = [for_you(f"c-{n}") for n in range(20)]
    questions += [Next(question="next", anonymous_id=f"v-{n}") for n in range(20)]
    # WHEN all ask
    found = outcome(storage, *questions)
    # THEN each has the version that the stable hash says, by one call a version
    versions = [answer["version"] for answer in found.answers]
    assert versions == [arm(release, question.visitor) for question in questions]
    assert sorted(version.name for version, _ in storage.calls) == ["3", "4"]


def test_nobody_in_particular_is_answered_by_the_champion_without_any_reading():
    # GIVEN a challenger that nearly everybody sees
    storage = Memory(released(challenger="4", share=0.99))
    # WHEN nobody in particular asks
    found = outcome(storage, *(AlsoBought(question="also_bought", product_id=f"p-{n}") for n in range(20)))
    # THEN the champion answers, and nothing but the pointer was read
    assert {answer["version"] for answer in found.answers} == {"3"}
    assert {what for what, _ in storage.read} == {"pointer", "respond"}


def test_before_the_first_release_the_plain_answer_is_given():
    # GIVEN no release
    storage = Memory(None, {(SHOP, "3"): SOLD})
    # WHEN a customer asks
    found = outcome(storage, for_you())
    # THEN the baseline says that it has nothing yet
    (answer,) = found.answers
    assert (answer["source"], answer["version"], answer["items"]) == ("baseline", None, [])
    assert "no model answers yet" in answer["note"]
    assert (found.calls, found.baselines) == (0, 1)


def test_where_the_model_fails_what_was_published_is_the_answer():
    # GIVEN profiles of the customer and of the shop, and an endpoint in trouble
    storage = Memory(released(), {("c-1", "3"): BOUGHT, (SHOP, "3"): SOLD}, broken={"respond"})
    failed = []
    # WHEN the customer asks
    found = outcome(storage, for_you(), failed=failed)
    # THEN what they bought comes first, then what sells, and the failure is told
    (answer,) = found.answers
    assert (answer["source"], products(answer)) == ("baseline", ["milk", "bread", "eggs"])
    assert (failed, found.calls, found.baselines) == (["model"], 1, 1)


def test_what_the_shop_sells_is_read_only_where_no_model_answers():
    # GIVEN a model that answers
    storage = Memory(released(), {(SHOP, "3"): SOLD})
    # WHEN it is asked
    outcome(storage, for_you())
    # THEN the shop's row was not read
    assert [of for what, of in storage.read if what == "profiles"] == [[("c-1", "3")]]


@pytest.mark.parametrize(
    ("broken", "told", "source"),
    [
        ("pointer", "releases", "baseline"),
        ("profiles", "profiles", "model"),
        ("lately", "actions", "model"),
        ("respond", "model", "baseline"),
    ],
)
def test_whatever_fails_there_is_an_answer_and_the_failure_is_told(broken, told, source):
    # GIVEN a live version and one thing that fails
    storage = Memory(released(), {("c-1", "3"): BOUGHT}, broken={broken})
    failed = []
    # WHEN a customer asks
    (answer,) = outcome(storage, for_you(), failed=failed).answers
    # THEN there is an answer all the same: the model's where it could be asked
    assert (answer["source"], failed) == (source, [told])


def test_a_profile_that_cannot_be_read_is_none():
    # GIVEN a customer's row of another shape, and an endpoint in trouble
    rows = {("c-1", "3"): {"own": "everything"}, (SHOP, "3"): SOLD}
    storage = Memory(released(), rows, broken={"respond"})
    failed = []
    # WHEN the customer asks
    (answer,) = outcome(storage, for_you(), failed=failed).answers
    # THEN the shop's stands alone
    assert (products(answer), failed) == (["bread", "eggs"], ["model", "profiles"])


def test_many_questions_are_asked_in_calls_of_a_hundred_and_a_failed_call_concerns_its_own(monkeypatch):
    # GIVEN more questions than one call takes, and an endpoint that fails at the first call
    storage = Memory(released())
    real = storage.respond

    def respond(family, version, instances):
        storage.broken = set() if storage.calls else {"respond"}
        return real(family, version, instances)

    monkeypatch.setattr(storage, "respond", respond)
    # WHEN they are asked
    found = outcome(storage, *(for_you(f"c-{n}") for n in range(MOST_INSTANCES + 7)))
    # THEN the others are answered by the model
    assert [len(instances) for _, instances in storage.calls] == [MOST_INSTANCES, 7]
    sources = [answer["source"] for answer in found.answers]
    assert sources == ["baseline"] * MOST_INSTANCES + ["model"] * 7
    assert (found.calls, found.baselines) == (2, MOST_INSTANCES)


def test_a_family_of_the_score_routes_cannot_be_asked():
    # GIVEN a family without a route
    # WHEN it is asked
    # THEN that is refused
    with pytest.raises(ValueError, match="no route of its own"):
        ask(discover()["churn"], [], Memory(), parameters=lambda f: f.parameters(), now=NOW, failed=lambda *_: None)


EXCLUDING = Controls(exclude_shown=True)


def memory(answer, hours, *products):
    return shown.Memory(int((NOW - timedelta(hours=hours)).timestamp()), answer, list(products))


def test_a_question_that_excludes_what_was_shown_hands_it_on_and_is_remembered():
    # GIVEN what a customer was shown, as such and before they were known, some of it yesterday
    own, visitors = shown_key(customer_key("c-1")), shown_key(visitor_key("v-1"))
    seen = {own: [memory("x", 30, "old"), memory("y", 2, "tea")], visitors: [memory("z", 1, "jam")]}
    storage = Memory(released(), seen=seen)
    # WHEN they ask without it
    outcome(storage, for_you(anonymous_id="v-1", controls=EXCLUDING))
    # THEN the model is told, the newest first, after one reading of actions and memories
    ((_, (instance,)),) = storage.calls
    assert instance.shown == ["jam", "tea"]
    assert [of for what, of in storage.read if what == "lately"] == [
        [customer_key("c-1"), visitor_key("v-1"), own, visitors]
    ]
    # AND the answer is remembered of the customer, in place of what is too old
    assert storage.remembered == [(own, ["m"], ["x"])]


def test_what_was_shown_is_nothing_to_questions_that_do_not_exclude_it():
    # GIVEN what a customer was shown
    storage = Memory(released(), seen={shown_key(customer_key("c-1")): [memory("y", 2, "tea")]})
    # WHEN they ask as ever
    outcome(storage, for_you())
    # THEN it is neither read nor handed on, and nothing is remembered
    ((_, (instance,)),) = storage.calls
    assert (instance.shown, storage.remembered) == ([], [])
    assert [of for what, of in storage.read if what == "lately"] == [[customer_key("c-1")]]


def test_the_plain_answer_leaves_out_what_was_shown_and_is_remembered_too():
    # GIVEN an endpoint in trouble, and a visitor who was shown what sells best
    storage = Memory(released(), {(SHOP, "3"): SOLD}, broken={"respond"})
    storage.seen = {shown_key(visitor_key("v-1")): [memory("y", 2, "bread")]}
    # WHEN they ask without it
    question = Trending(question="trending", anonymous_id="v-1", controls=EXCLUDING)
    (answer,) = outcome(storage, question).answers
    # THEN the rest is shown and remembered
    assert products(answer) == ["eggs"]
    assert storage.remembered == [(shown_key(visitor_key("v-1")), ["eggs"], [])]


def test_an_answer_that_shows_nothing_is_not_remembered():
    # GIVEN a shop that has published nothing
    storage = Memory()
    # WHEN a customer asks
    outcome(storage, for_you(controls=EXCLUDING))
    # THEN nothing is written
    assert "remember" not in {what for what, _ in storage.read}


@pytest.mark.parametrize(("broken", "told"), [("lately", "actions"), ("remember", "memory")])
def test_a_memory_that_fails_fails_no_answer_and_is_told(broken, told):
    # GIVEN a table that cannot be read, or not written
    storage = Memory(released(), broken={broken})
    failed = []
    # WHEN a customer asks for what they were not shown
    (answer,) = outcome(storage, for_you(controls=EXCLUDING), failed=failed).answers
    # THEN the model answers, and the failure is told
    assert (answer["source"], failed) == ("model", [told])


QUESTIONS = st.one_of(
    st.builds(AlsoBought, question=st.just("also_bought"), product_id=st.text("pq", min_size=1, max_size=3)),
    st.builds(
        for_you, st.text("c1", min_size=1, max_size=2), anonymous_id=st.none() | st.text("v", min_size=1, max_size=2)
    ),
    st.builds(Trending, question=st.just("trending"), anonymous_id=st.none() | st.just("v")),
    st.builds(Trending, question=st.just("trending"), anonymous_id=st.just("v"), controls=st.just(EXCLUDING)),
)


@settings(max_examples=60)
@given(
    st.lists(QUESTIONS, max_size=8),
    st.sets(st.sampled_from(["pointer", "profiles", "lately", "respond", "remember"])),
    st.sampled_from([None, released(), released(challenger="4", share=0.5), released(champion=None)]),
)
def test_every_question_is_answered_in_its_place(questions, broken, release):
    # GIVEN any questions, any release, and anything that fails
    storage = Memory(release, broken=broken)
    # WHEN they are asked
    found = outcome(storage, *questions)
    # THEN each has an answer of its own kind, in its place, and those of the baseline are counted
    assert [answer["question"] for answer in found.answers] == [question.question for question in questions]
    assert found.baselines == sum(answer["source"] == "baseline" for answer in found.answers)
    for question, answer in zip(questions, found.answers, strict=True):
        if answer["source"] == "model" and isinstance(question, AlsoBought):
            assert products(answer) == [question.product_id]
